-- KEYS: the projection mark, then indexes.
-- Deletes indexes of another type, and has all documents listed again, as after a flush. Returns the places (from 1)
-- of the deleted ones.
local dropped = {}
for place = 2, #KEYS do
    if on_index('ZSCORE', KEYS[place], '') then
        dropped[#dropped + 1] = place - 1
    end
end
local held = string.match(text_of(KEYS[1]), HEAD)
if held and #dropped > 0 then
    redis.call('SET', KEYS[1], string.format('{"incarnation":"%s","version":0,"complete":false}', held))
end
return dropped
