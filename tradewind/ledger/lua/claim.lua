-- ARGV: key prefix, records, claim value, time to live in ms. A record is an event id (26 characters) and the
-- digest of its bytes (64); records are concatenated without a separator.
-- Claims events without a key; returns the indexes (from 0) of those done with the same bytes.
local done = {}
for at = 1, #ARGV[2], 90 do
    local key = ARGV[1] .. string.sub(ARGV[2], at, at + 25)
    local held = redis.pcall('SET', key, ARGV[3], 'NX', 'GET', 'PX', ARGV[4])
    if type(held) == 'table' and held.err then
        -- most likely a key of another type, which says nothing; any other error comes again
        redis.call('SET', key, ARGV[3], 'PX', ARGV[4])
    end
    if held == 'done:' .. string.sub(ARGV[2], at + 26, at + 89) then
        done[#done + 1] = (at - 1) / 90
    end
end
return done
