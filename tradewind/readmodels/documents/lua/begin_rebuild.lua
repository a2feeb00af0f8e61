-- KEYS: the rebuild's key. ARGV: a new token, time to live in ms.
-- Sends readers to the ledger; returns 0 when another rebuild does already. A key without an end is not a rebuild's:
-- it gets one.
if text_of(KEYS[1]) ~= '' then
    redis.call('PEXPIRE', KEYS[1], ARGV[2], 'LT')
    return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
