-- KEYS: one per event that is durable. ARGV: value, time to live in ms.
for _, key in ipairs(KEYS) do
    redis.call('SET', key, ARGV[1], 'PX', ARGV[2])
end
return #KEYS
