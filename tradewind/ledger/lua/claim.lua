-- KEYS: one per event. ARGV: claim value, time to live in ms, then the digest of each event's bytes.
-- Claims what nobody holds; returns the places (from 1) of the events marked done with these bytes.
local done = {}
for place, key in ipairs(KEYS) do
    local held = redis.call('SET', key, ARGV[1], 'NX', 'GET', 'PX', ARGV[2])
    if held == 'done:' .. ARGV[place + 2] then
        done[#done + 1] = place
    end
end
return done
