import grpc from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'

/**
 * The limit of what a grpc-js authorizer can do: it decodes each CheckRequest like rauth's gateway
 * and answers OK whatever is in it. Run as `node constant-authorizer.js PROTO_DIRECTORY PORT`.
 */
const [directory = 'proto', port = '0'] = process.argv.slice(2)

const definition = loadSync('envoy/service/auth/v3/external_auth.proto', {
  includeDirs: [directory],
  keepCase: true,
})
const service = definition['envoy.service.auth.v3.Authorization'] as grpc.ServiceDefinition
const server = new grpc.Server({ 'grpc.enable_channelz': 0 })
server.addService(service, {
  Check: (_call: unknown, callback: grpc.sendUnaryData<object>) => {
    callback(null, { status: { code: 0 }, ok_response: {} })
  },
})
server.bindAsync(`127.0.0.1:${port}`, grpc.ServerCredentials.createInsecure(), (error, bound) => {
  if (error !== null) throw error
  process.stdout.write(`listening ${String(bound)}\n`)
})
