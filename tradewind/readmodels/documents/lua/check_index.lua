-- KEYS: an index. ARGV: incarnation, prefix of the documents it lists, cursor, count, 1 to remove what does not
-- belong (else 0).
-- Returns the next cursor, and the ids the index lists although their documents have other values.
-- A key of another type lists one id, '', wrongly.
local found = redis.pcall('ZSCAN', KEYS[1], ARGV[3], 'COUNT', ARGV[4])
if found.err then
    if ARGV[5] == '1' then
        redis.call('DEL', KEYS[1])
    end
    return {'0', {''}}
end
local misplaced = {}
for place = 1, #found[2], 2 do
    local id, belongs = found[2][place], false
    local key = ARGV[2] .. id
    local to, stated = places(key, ARGV[1], text_of(key))
    for _, index_key in ipairs(to) do
        belongs = belongs or (index_key == KEYS[1] and stated == id)
    end
    if not belongs then
        misplaced[#misplaced + 1] = id
        if ARGV[5] == '1' then
            redis.call('ZREM', KEYS[1], id)
        end
    end
end
return {found[1], misplaced}
