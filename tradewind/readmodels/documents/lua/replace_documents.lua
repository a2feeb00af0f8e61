-- KEYS: documents. ARGV: incarnation; then for each document the bytes that were found wrong ('' for none) and the
-- expected ones ('' to delete it).
-- Replaces a document only while its bytes are still those found. Returns the places (from 1) of the others.
local incarnation = ARGV[1]
local left = {}
for place = 1, #KEYS do
    local found, expected = ARGV[place * 2], ARGV[place * 2 + 1]
    local current = text_of(KEYS[place])
    if current ~= found then
        left[#left + 1] = place
    elseif expected == '' then
        redis.call('DEL', KEYS[place])
    else
        redis.call('SET', KEYS[place], expected)
        index(KEYS[place], incarnation, current, expected)
    end
end
return left
