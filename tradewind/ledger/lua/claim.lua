-- KEYS: one per event. ARGV: claim value, time to live in ms.
-- Claims what nobody holds; returns the places (from 1) of the events marked done.
local done = {}
for place, key in ipairs(KEYS) do
    local held = redis.call('SET', key, ARGV[1], 'NX', 'GET', 'PX', ARGV[2])
    if held and string.sub(held, 1, 5) == 'done:' then
        done[#done + 1] = place
    end
end
return done
