-- Start a request, or let it wait. Returns {pause, ahead, members, left, held, started, now, probe}.

local reserve, level = tonumber(ARGV[7]), tonumber(ARGV[8])
local patience, process = tonumber(ARGV[9]), ARGV[10]
local LEVEL = 1000000000000

for _, dead in ipairs(redis.call('ZRANGEBYSCORE', alive, '-inf', now)) do
  redis.call('ZREM', queue, dead)
  redis.call('ZREM', alive, dead)
end
redis.call('ZREMRANGEBYSCORE', members, '-inf', now)
redis.call('ZADD', members, now + lease, process)

local place = redis.call('ZSCORE', queue, permit)
local ahead
if place then
  place = level * LEVEL + tonumber(place) % LEVEL
  redis.call('ZADD', queue, place, permit)
  ahead = redis.call('ZRANK', queue, permit)
else
  ahead = redis.call('ZCOUNT', queue, '-inf', '(' .. string.format('%.0f', (level + 1) * LEVEL))
end

local function ends_at(index)
  local found = redis.call('ZRANGE', log, index, index, 'WITHSCORES')
  return tonumber(found[2]) or now + hold
end

local function frees_up(index)
  local before = redis.call('ZCOUNT', log, '-inf', foreign_until)
  if foreign == 0 or index < before then return ends_at(index) end
  if index < before + foreign then return foreign_until end
  return ends_at(index - foreign)
end

local function wait()
  local closed = number('closed_until') - now
  if closed > 0 then return closed end
  if number('probing') == 1 then
    if redis.call('ZCARD', flight) == 0 and ahead == 0 then return 0 end
    return window / 200
  end
  local capacity = requests - reserve
  local free = capacity - held() - foreign
  if ahead < free then return 0 end
  local turn = ahead % capacity
  local later = math.floor(ahead / capacity) * hold
  if turn < free then return later end
  return math.max(frees_up(turn - free) - now, 1) + later
end

local pause = wait()
local there = redis.call('ZCARD', members)
local left = math.max(0, requests - held() - foreign)
if pause > 0 then
  if not place then
    local arrival = redis.call('HINCRBY', state, 'arrivals', 1)
    redis.call('ZADD', queue, level * LEVEL + arrival, permit)
  end
  redis.call('ZADD', alive, now + patience, permit)
  keep()
  return {string.format('%.0f', pause), ahead, there, left, 0, 0, '0', 0}
end
redis.call('ZREM', queue, permit)
redis.call('ZREM', alive, permit)
redis.call('ZADD', flight, now + lease, permit)
local started = redis.call('HINCRBY', state, 'started', 1)
local probe = number('probing')
if probe == 1 then redis.call('HSET', state, 'probe', permit) end
keep()
left = math.max(0, left - 1)
return {'0', ahead, there, left, held(), started, string.format('%.0f', now), probe}
