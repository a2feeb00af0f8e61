-- KEYS: the projection mark, then one per document.
-- ARGV: incarnation, from, to, 1 when `to` is the end of the history (else 0), index prefix; then five per
-- document: version, JSON, and for an intent its id, state and strategy (else three empty strings).
-- A document is written when (incarnation, version) is greater than what is there. The mark moves from..to
-- when everything up to `from` is written. Returns where it stands; -1 when it has to begin again.
local HEAD = '^{"incarnation":"([^"]*)","version":(%d+)'
local incarnation, prefix = ARGV[1], ARGV[5]

local function is_newer(current, version)
    local held, held_version = string.match(current or '', HEAD)
    if not held or held ~= incarnation then
        return not held or incarnation > held
    end
    return tonumber(version) > tonumber(held_version)
end

local function move_index(id, before, state, strategy)
    if before == state then
        return
    end
    if before then
        redis.call('ZREM', prefix .. before .. ':*', id)
        redis.call('ZREM', prefix .. before .. ':' .. strategy, id)
    else
        redis.call('ZADD', prefix .. '*:*', 0, id)
        redis.call('ZADD', prefix .. '*:' .. strategy, 0, id)
    end
    redis.call('ZADD', prefix .. state .. ':*', 0, id)
    redis.call('ZADD', prefix .. state .. ':' .. strategy, 0, id)
end

local function state_of(current)
    local held, _, state = string.match(current or '', HEAD .. ',"state":"([a-z_]+)"')
    return held == incarnation and state or nil
end

for place = 2, #KEYS do
    local at = 6 + (place - 2) * 5
    local current = redis.call('GET', KEYS[place])
    if is_newer(current, ARGV[at]) then
        redis.call('SET', KEYS[place], ARGV[at + 1])
        if ARGV[at + 2] ~= '' then
            move_index(ARGV[at + 2], state_of(current), ARGV[at + 3], ARGV[at + 4])
        end
    end
end

local from, to = tonumber(ARGV[2]), tonumber(ARGV[3])
local current = redis.call('GET', KEYS[1]) or ''
local held, mark = string.match(current, HEAD)
if held and held > incarnation then
    return -1
end
mark = held == incarnation and tonumber(mark) or 0
if mark < from then
    return held == incarnation and mark or -1
end
local complete = ARGV[4] == '1' or string.find(current, '"complete":true', 1, true)
if mark < to or (complete and mark == to) then
    redis.call('SET', KEYS[1], string.format(
        '{"incarnation":"%s","version":%d,"complete":%s}', incarnation, to, complete and 'true' or 'false'))
    mark = to
end
return mark
