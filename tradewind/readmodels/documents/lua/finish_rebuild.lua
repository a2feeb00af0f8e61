-- KEYS: the rebuild's key, the projection mark. ARGV: the rebuild's token, incarnation, global_seq.
-- Moves the mark to global_seq, up to which every document and index is right, and returns the readers to Redis.
-- Returns 1; 0 and nothing done when the key is no longer ours, -1 when a later incarnation owns the mark.
if text_of(KEYS[1]) ~= ARGV[1] then
    return 0
end
local held, version = string.match(text_of(KEYS[2]), HEAD)
if held and held > ARGV[2] then
    return -1
end
local reached = tonumber(ARGV[3])
if held == ARGV[2] then
    reached = math.max(reached, tonumber(version))
end
redis.call('SET', KEYS[2], string.format(
    '{"incarnation":"%s","version":%d,"complete":true}', ARGV[2], reached))
redis.call('DEL', KEYS[1])
return 1
