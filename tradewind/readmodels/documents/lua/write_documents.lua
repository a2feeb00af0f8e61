-- KEYS: the projection mark, then one per document. ARGV: incarnation, from, to, 1 when `to` is the end of the
-- history (else 0); then the JSON of each document.
-- A document is written when its (incarnation, version) is greater than what is there. The mark moves from..to
-- when everything up to `from` is written. Returns the mark; -1 when a later incarnation owns it.
-- A key of another type is replaced. An index that had to be deleted for it misses documents: then the mark begins
-- at 0 again, as after a flush, and until it is complete every document is listed that comes along.
local incarnation = ARGV[1]
local mark_text = text_of(KEYS[1])
local is_complete = string.find(mark_text, '"complete":true', 1, true)
local index_lost = false

local function is_newer(current, document)
    local held, held_version = string.match(current, HEAD)
    if not held or held ~= incarnation then
        return not held or incarnation > held
    end
    local _, version = string.match(document, HEAD)
    return tonumber(version) > tonumber(held_version)
end

for place = 2, #KEYS do
    local document = ARGV[place + 3]
    local current = text_of(KEYS[place])
    if is_newer(current, document) then
        redis.call('SET', KEYS[place], document)
        index_lost = index(KEYS[place], incarnation, current, document) or index_lost
    end
    if not is_complete then
        index_lost = index(KEYS[place], incarnation, '', text_of(KEYS[place])) or index_lost
    end
end

local from, to = tonumber(ARGV[2]), tonumber(ARGV[3])
local held, mark = string.match(mark_text, HEAD)
if held and held > incarnation then
    return -1
end
if index_lost then
    redis.call('SET', KEYS[1], string.format('{"incarnation":"%s","version":0,"complete":false}', incarnation))
    return 0
end
mark = held == incarnation and tonumber(mark) or 0
if mark < from then
    return mark
end
local complete = ARGV[4] == '1' or is_complete
if mark < to or (complete and mark == to) then
    redis.call('SET', KEYS[1], string.format(
        '{"incarnation":"%s","version":%d,"complete":%s}', incarnation, to, complete and 'true' or 'false'))
    mark = to
end
return mark
