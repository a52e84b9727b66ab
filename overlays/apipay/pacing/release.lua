-- Count the end of a request. One that was not sent leaves no trace, also when it still waits.

local held_then, started_then, sent_at = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local sent, status = ARGV[10] == '1', tonumber(ARGV[11])
local remaining, retry_after = tonumber(ARGV[12]), tonumber(ARGV[13])

local function close()
  local refusals = redis.call('HINCRBY', state, 'refusals', 1)
  local pause = retry_after
  if pause < 0 then pause = window / requests * 2 ^ math.min(refusals - 1, 30) end
  local closed_until = now + math.min(pause, window) + hold - window
  put('closed_until', math.max(number('closed_until'), closed_until))
  put('probing', 1)
end

local function surely_counted()
  local counted = 1
  for _, each in ipairs(redis.call('ZRANGEBYSCORE', log, '-inf', sent_at + hold)) do
    local its_sending = tonumber(string.match(each, '^(%d+):'))
    if its_sending and its_sending > now - window then counted = counted + 1 end
  end
  return counted
end

local function correct()
  local used = requests - remaining
  local at_least = used - (held_then + number('started') - started_then)
  if at_least >= math.max(foreign, 1) then
    put('foreign', at_least)
    put('foreign_until', now + hold)
  elseif foreign > 0 then
    put('foreign', math.max(0, math.min(foreign, used - surely_counted())))
  end
end

redis.call('ZREM', flight, permit)
redis.call('ZREM', queue, permit)
redis.call('ZREM', alive, permit)
if sent and status == 429 then
  close()
elseif sent then
  redis.call('ZADD', log, now + hold, string.format('%.0f', sent_at) .. ':' .. permit)
  if status > 0 then
    put('refusals', 0)
    if redis.call('HGET', state, 'probe') == permit then put('probing', 0) end
    if remaining >= 0 then correct() end
  end
end
keep()
return 0
