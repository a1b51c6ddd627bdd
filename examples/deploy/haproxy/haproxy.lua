-- Asks rauth about a request: `http-request lua.rauth HOST:PORT`, for a name instead of an address
-- with a `resolvers default` section. 200 lets the request go on, any other answer of rauth's is the
-- client's, and if there is none the client gets a 503.

local SHOWN = { "authorization", "content-type" }
local IDENTITY = { "x-rauth-account", "x-rauth-namespace" }
local UNAVAILABLE =
  '{"errors":[{"code":"UNAVAILABLE","message":"the gateway could not decide: try again"}]}'

local function reply(txn, status, headers, body)
  local answer = txn:reply({ status = status })
  for name, values in pairs(headers) do
    -- HAProxy writes these itself.
    if name ~= "content-length" and name ~= "connection" and name ~= "transfer-encoding" then
      for _, value in pairs(values) do
        answer:add_header(name, value)
      end
    end
  end
  if txn.sf:method() ~= "HEAD" then
    answer:set_body(body)
  end
  txn:done(answer)
end

local function ask(txn, address)
  local sent = txn.http:req_get_headers()
  local headers = {
    ["x-original-method"] = { txn.sf:method() },
    -- Path and query as they go on to the registry.
    ["x-original-uri"] = { txn.sf:pathq() },
  }
  for _, name in ipairs(SHOWN) do
    if sent[name] then
      headers[name] = {}
      -- Every one of them: rauth refuses two, the registry would take one.
      for i = 0, #sent[name] do
        table.insert(headers[name], sent[name][i])
      end
    end
  end
  return core.httpclient():get({
    url = "http://" .. address .. "/",
    headers = headers,
    timeout = 2000,
  })
end

core.register_action("rauth", { "http-req" }, function(txn, address)
  local asked, answer = pcall(ask, txn, address)
  local headers = asked and answer and answer.headers or {}
  -- By these it is rauth that answers, and not HAProxy itself or whatever else is at the address.
  if headers["x-rauth-account"] and headers["x-rauth-namespace"] and answer.status == 200 then
    for _, name in ipairs(IDENTITY) do
      txn.http:req_set_header(name, headers[name][0])
    end
  elseif headers["docker-distribution-api-version"] and answer.status >= 400 then
    reply(txn, answer.status, headers, answer.body or "")
  else
    reply(txn, 503, { ["content-type"] = { "application/json" } }, UNAVAILABLE)
  end
end, 1)
