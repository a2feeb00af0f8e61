-- What the scripts share: how a document begins, and which indexes it belongs to.
local HEAD = '^{"incarnation":"([^"]*)","version":(%d+)'
local INTENT = HEAD .. ',"state":"([a-z_]+)","intent_id":"(%w+)"'
local STRATEGY = '"strategy_id":"([%w_-]+)"'

-- Returns the indexes an intent of this text is listed in, and its id; nothing for any other text.
local function places(prefix, incarnation, text)
    local held, _, state, id = string.match(text, INTENT)
    local strategy = id and string.match(text, STRATEGY)
    if held ~= incarnation or not strategy then
        return {}
    end
    return {
        prefix .. '*:*', prefix .. '*:' .. strategy, prefix .. state .. ':*', prefix .. state .. ':' .. strategy
    }, id
end

-- Lists an intent where `text` belongs, and no longer where `current` did.
local function index(prefix, incarnation, current, text)
    local _, _, state = string.match(text, INTENT)
    local held, _, before = string.match(current, INTENT)
    if not state or (held == incarnation and before == state) then
        return
    end
    local to, id = places(prefix, incarnation, text)
    local from = places(prefix, incarnation, current)
    for place, index_key in ipairs(to) do
        if from[place] ~= index_key then
            if from[place] then
                redis.call('ZREM', from[place], id)
            end
            redis.call('ZADD', index_key, 0, id)
        end
    end
end
