"""The count of requests in a window as Lua for Redis: `window.Window`, for many processes.

The same rules, run inside Redis so that asking and counting are one step, by Redis's own clock.
Times are whole microseconds. Under `apipay:budget:{name}:`

- `log`: requests that were answered: the moment until which each counts; the member begins with
  the moment at which it was sent.
- `flight`: requests on their way: the moment at which whoever sent them is taken for dead.
- `queue`: who waits: the priority, then the order of arrival. `alive`: until when each is believed.
- `members`: the processes that share the budget, and until when each is believed.
- `state`: the rest, as in `Window`.

All of them expire when nobody asks for a while.
"""

_COMMON = """
local log, flight, queue, alive, members, state = unpack(KEYS)
local now = tonumber(ARGV[1])
local requests, window, hold = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local lease = tonumber(ARGV[5])
if now == 0 then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end

local function number(field)
  return tonumber(redis.call('HGET', state, field) or 0) or 0
end

local function put(field, value)
  redis.call('HSET', state, field, string.format('%.0f', value))
end

local function keep()
  local most = math.ceil((lease + 2 * hold) / 1000)
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, most) end
end

redis.call('ZREMRANGEBYSCORE', log, '-inf', now)
redis.call('ZREMRANGEBYSCORE', flight, '-inf', now)
local foreign, foreign_until = number('foreign'), number('foreign_until')
if foreign_until <= now then foreign = 0 end
local function held()
  return redis.call('ZCARD', log) + redis.call('ZCARD', flight)
end
"""

ACQUIRE = (
    _COMMON
    + """
local reserve, permit, waiter = tonumber(ARGV[6]), ARGV[7], ARGV[8]
local level, patience, process = tonumber(ARGV[9]), tonumber(ARGV[10]), ARGV[11]
local LEVEL = 1000000000000

for _, dead in ipairs(redis.call('ZRANGEBYSCORE', alive, '-inf', now)) do
  redis.call('ZREM', queue, dead)
  redis.call('ZREM', alive, dead)
end
redis.call('ZREMRANGEBYSCORE', members, '-inf', now)
redis.call('ZADD', members, now + lease, process)

local place = redis.call('ZSCORE', queue, waiter)
if place then
  place = level * LEVEL + tonumber(place) % LEVEL
  redis.call('ZADD', queue, place, waiter)
end
local ahead
if place then
  ahead = redis.call('ZRANK', queue, waiter)
else
  ahead = redis.call('ZCOUNT', queue, '-inf', '(' .. string.format('%.0f', (level + 1) * LEVEL))
end

local function score_at(index)
  local found = redis.call('ZRANGE', log, index, index, 'WITHSCORES')
  return found[2] and tonumber(found[2])
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
  local index = turn - free
  local before = redis.call('ZCOUNT', log, '-inf', foreign_until)
  local at
  if index < before or foreign == 0 then
    at = score_at(index)
  elseif index < before + foreign then
    at = foreign_until
  else
    at = score_at(index - foreign)
  end
  return math.max((at or now + hold) - now, 1) + later
end

local pause = wait()
local there = redis.call('ZCARD', members)
local left = math.max(0, requests - held() - foreign)
if pause > 0 then
  if not place then
    local arrival = redis.call('HINCRBY', state, 'arrivals', 1)
    redis.call('ZADD', queue, level * LEVEL + arrival, waiter)
  end
  redis.call('ZADD', alive, now + patience, waiter)
  keep()
  return {string.format('%.0f', pause), ahead, there, left, 0, 0, '0', 0}
end
redis.call('ZREM', queue, waiter)
redis.call('ZREM', alive, waiter)
redis.call('ZADD', flight, now + lease, permit)
local started = redis.call('HINCRBY', state, 'started', 1)
local probe = number('probing')
if probe == 1 then redis.call('HSET', state, 'probe', permit) end
keep()
left = math.max(0, left - 1)
return {'0', ahead, there, left, held(), started, string.format('%.0f', now), probe}
"""
)
"""Let a request go, or queue for it: {pause, ahead, members, left, held, started, now, probe}."""

SETTLE = (
    _COMMON
    + """
local permit, held_then, started_then = ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8])
local sent_at, sent, status = tonumber(ARGV[9]), ARGV[10] == '1', tonumber(ARGV[11])
local remaining, retry_after = tonumber(ARGV[12]), tonumber(ARGV[13])

redis.call('ZREM', flight, permit)
if not sent then
  keep()
  return 0
end
if status == 429 then
  local refusals = redis.call('HINCRBY', state, 'refusals', 1)
  local pause = retry_after
  if pause < 0 then
    pause = math.min(window / requests * 2 ^ math.min(refusals - 1, 30), window)
  end
  put('closed_until', math.max(number('closed_until'), now + pause + hold - window))
  put('probing', 1)
  keep()
  return 0
end
redis.call('ZADD', log, now + hold, string.format('%.0f', sent_at) .. ':' .. permit)
if status == 0 then
  keep()
  return 0
end
put('refusals', 0)
if redis.call('HGET', state, 'probe') == permit then put('probing', 0) end
if remaining >= 0 then
  local used = requests - remaining
  local at_least = used - (held_then + number('started') - started_then)
  if at_least >= math.max(foreign, 1) then
    put('foreign', at_least)
    put('foreign_until', now + hold)
  elseif foreign > 0 then
    local counted = 1
    for _, each in ipairs(redis.call('ZRANGEBYSCORE', log, '-inf', sent_at + hold)) do
      local its_sending = tonumber(string.match(each, '^(%d+):'))
      if its_sending and its_sending > now - window then counted = counted + 1 end
    end
    put('foreign', math.max(0, math.min(foreign, used - counted)))
  end
end
keep()
return 0
"""
)
"""Count the end of a request."""

LEAVE = """
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('ZREM', KEYS[4], ARGV[1])
return 0
"""
"""Stop waiting."""
