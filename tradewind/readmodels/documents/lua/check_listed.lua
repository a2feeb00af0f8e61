-- KEYS: documents. ARGV: incarnation, 1 to list what is not listed (else 0).
-- Returns the places (from 1) of the documents that an index did not list.
local unlisted = {}
for place = 1, #KEYS do
    local to, id = places(KEYS[place], ARGV[1], text_of(KEYS[place]))
    local missing = false
    for _, index_key in ipairs(to) do
        local score = redis.pcall('ZSCORE', index_key, id)
        if type(score) ~= 'string' then
            missing = true
            if ARGV[2] == '1' then
                on_index('ZADD', index_key, 0, id)
            end
        end
    end
    if missing then
        unlisted[#unlisted + 1] = place
    end
end
return unlisted
