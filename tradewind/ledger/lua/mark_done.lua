-- KEYS: one per event that is durable. ARGV: time to live in ms, then the digest of each event's bytes.
for place, key in ipairs(KEYS) do
    redis.call('SET', key, 'done:' .. ARGV[place + 1], 'PX', ARGV[1])
end
return #KEYS
