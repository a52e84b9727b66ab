-- window.py for many processes: the same rules, run inside Redis so that each check and its count
-- are one step, by the clock of Redis. This part begins every script. Times are in microseconds.
--
-- log      requests that ended: until when each counts; a member begins with its sending time
-- flight   requests in flight: until when each is believed to be alive
-- queue    waiting requests, by level, then arrival
-- alive    until when each waiting request is believed to be alive
-- members  until when each process that shares the budget is believed to be alive
-- state    the other fields of Window

local log, flight, queue, alive, members, state = unpack(KEYS)
local now = tonumber(ARGV[1])
local requests, window, hold = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local lease = tonumber(ARGV[5])
local permit = ARGV[6]
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
  local longest = math.ceil((lease + 2 * hold) / 1000)
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, longest) end
end

redis.call('ZREMRANGEBYSCORE', log, '-inf', now)
redis.call('ZREMRANGEBYSCORE', flight, '-inf', now)
local foreign, foreign_until = number('foreign'), number('foreign_until')
if foreign_until <= now then foreign = 0 end

local function held()
  return redis.call('ZCARD', log) + redis.call('ZCARD', flight)
end
