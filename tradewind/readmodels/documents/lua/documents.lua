-- Functions that all scripts share: they parse the head of a document and find its indexes. Python puts `INDEXES`
-- before: by the prefix of a document's key, the prefix of its index, the field of its id and the index's fields.
local HEAD = '^{"incarnation":"([^"]*)","version":(%d+)'

-- Returns the first value of a field; nothing when it is not a word.
local function word(text, field)
    return string.match(text, '"' .. field .. '":"([%w_-]+)"')
end

-- Returns the indexes a document of this text is listed in, and its id; nothing for any other text.
local function places(key, incarnation, text)
    local listed = INDEXES[string.match(key, '^[^:]*:')]
    if not listed or string.match(text, HEAD) ~= incarnation then
        return {}
    end
    local id, found = word(text, listed.id), {listed.prefix .. incarnation}
    for _, field in ipairs(listed.values) do
        local value, longer = word(text, field), {}
        if not value then
            return {}
        end
        for _, beginning in ipairs(found) do
            longer[#longer + 1] = beginning .. ':*'
            longer[#longer + 1] = beginning .. ':' .. value
        end
        found = longer
    end
    return id and found or {}, id
end

-- Moves a document from the indexes of its `current` text to those of the new `text`.
local function index(key, incarnation, current, text)
    local to, id = places(key, incarnation, text)
    if #to == 0 then
        return
    end
    local from = places(key, incarnation, current)
    for place, index_key in ipairs(to) do
        if from[place] ~= index_key then
            if from[place] then
                redis.call('ZREM', from[place], id)
            end
            redis.call('ZADD', index_key, 0, id)
        end
    end
end
