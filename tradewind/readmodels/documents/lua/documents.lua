-- Functions that all scripts share: they read keys of any type, parse the head of a document and find its indexes.
-- Python puts `INDEXES` before: by the prefix of a document's key, the prefix of its index, the field of its id and
-- the index's fields.
local HEAD = '^{"incarnation":"([^"]*)","version":(%d+)'

-- Returns the string of a key; '' when it has none or is of another type, which SET replaces.
local function text_of(key)
    local text = redis.pcall('GET', key)
    return type(text) == 'string' and text or ''
end

-- Runs a command on an index. A key of another type is deleted first: it is ours and lists nothing.
-- Returns whether the key had to be deleted.
local function on_index(command, key, ...)
    local answer = redis.pcall(command, key, ...)
    if type(answer) ~= 'table' or not answer.err then
        return false
    end
    if not string.find(answer.err, 'WRONGTYPE', 1, true) then
        error(answer.err)
    end
    redis.call('DEL', key)
    redis.call(command, key, ...)
    return true
end

-- Returns the first value of a field; nothing when it is not a word. The names of models have dots.
-- To find plain text and match where it ends takes a fraction of the time of a pattern that is tried everywhere.
local function word(text, field)
    local _, before = string.find(text, '"' .. field .. '":"', 1, true)
    return before and string.match(text, '^([%w_.-]+)"', before + 1)
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
-- Returns whether an index had to be deleted, which lists none of its other documents now.
local function index(key, incarnation, current, text)
    local to, id = places(key, incarnation, text)
    if #to == 0 then
        return false
    end
    local from, lost = places(key, incarnation, current), false
    for place, index_key in ipairs(to) do
        if from[place] ~= index_key then
            if from[place] then
                lost = on_index('ZREM', from[place], id) or lost
            end
            lost = on_index('ZADD', index_key, 0, id) or lost
        end
    end
    return lost
end
