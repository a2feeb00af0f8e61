-- KEYS: an index. ARGV: incarnation, index prefix, prefix of intent keys, cursor, count, 1 to remove what does not
-- belong (else 0).
-- Returns the next cursor, and the intent ids the index lists although their documents do not say so.
local found = redis.call('ZSCAN', KEYS[1], ARGV[4], 'COUNT', ARGV[5])
local strangers = {}
for place = 1, #found[2], 2 do
    local id, belongs = found[2][place], false
    local to, stated = places(ARGV[2], ARGV[1], redis.call('GET', ARGV[3] .. id) or '')
    for _, index_key in ipairs(to) do
        belongs = belongs or (index_key == KEYS[1] and stated == id)
    end
    if not belongs then
        strangers[#strangers + 1] = id
        if ARGV[6] == '1' then
            redis.call('ZREM', KEYS[1], id)
        end
    end
end
return {found[1], strangers}
