-- Charges a request to every bucket, or to none when one of them has no room (GCRA).
-- KEYS are the buckets: each holds the moment at which it is empty again, in microseconds.
-- ARGV has two numbers for each: how long a request stays in it, and how long what is in it may take.
-- The answer has two for each as well: how long what is in it takes, and how long a request has to wait.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local levels, waits, is_refused = {}, {}, false
for index, key in ipairs(KEYS) do
    local interval, tolerance = tonumber(ARGV[2 * index - 1]), tonumber(ARGV[2 * index])
    local level = math.max(0, tonumber(redis.call('GET', key) or 0) - now)
    levels[index] = level
    waits[index] = math.max(0, level + interval - tolerance)
    is_refused = is_refused or waits[index] > 0
end
local answer = {}
for index, key in ipairs(KEYS) do
    if not is_refused then
        levels[index] = levels[index] + tonumber(ARGV[2 * index - 1])
        local empty_at = string.format('%.0f', now + levels[index])
        redis.call('SET', key, empty_at, 'PX', math.ceil(levels[index] / 1000))
    end
    answer[2 * index - 1], answer[2 * index] = levels[index], waits[index]
end
return answer
