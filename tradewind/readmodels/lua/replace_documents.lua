-- KEYS: documents. ARGV: incarnation, index prefix; then for each document the bytes that were judged wrong ('' for
-- none) and the right ones ('' to delete it).
-- Replaces a document only where exactly the judged bytes still stand. Returns the places (from 1) left as they are.
local incarnation, prefix = ARGV[1], ARGV[2]
local left = {}
for place = 1, #KEYS do
    local judged, right = ARGV[place * 2 + 1], ARGV[place * 2 + 2]
    local current = redis.call('GET', KEYS[place]) or ''
    if current ~= judged then
        left[#left + 1] = place
    elseif right == '' then
        redis.call('DEL', KEYS[place])
    else
        redis.call('SET', KEYS[place], right)
        index(prefix, incarnation, current, right)
    end
end
return left
