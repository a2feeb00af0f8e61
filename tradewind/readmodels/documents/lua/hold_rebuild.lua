-- KEYS: the rebuild's key. ARGV: the rebuild's token, time to live in ms.
-- Keeps the key alive; returns 0 when it is no longer ours.
if text_of(KEYS[1]) ~= ARGV[1] then
    return 0
end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
