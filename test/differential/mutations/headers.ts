import { DIGESTS, OTHERS } from '../canaries.ts'
import { ABSENT, type HeaderLine } from '../raw-request.ts'
import { withHeader, type Mutation } from './mutation.ts'

const other = OTHERS[0] ?? ''

export const HEADERS: readonly Mutation[] = [
  withHeader(
    ...[
      'X-Original-URL',
      'X-Rewrite-URL',
      'X-Envoy-Original-Path',
      'X-Forwarded-Uri',
      'X-Original-Uri',
    ].map((name): HeaderLine[] => [[name, targetFor(name)]]),
    [['X-Forwarded-Prefix', `/v2/${other}`]],
    [['X-Forwarded-Host', 'evil.example']],
    [['Forwarded', 'host=evil.example;proto=https']],
    [['X-Forwarded-For', '127.0.0.1']],
  ),
  withHeader(
    [
      ['X-Rauth-Account', 'team-b'],
      ['X-Rauth-Namespace', 'team-b'],
    ],
    [['X_Rauth_Namespace', 'team-b']],
    [['x-envoy-internal', 'true']],
    [['x-envoy-external-address', '127.0.0.1']],
    [['x-envoy-upstream-alt-stat-name', 'x']],
    [['x-envoy-retry-on', '5xx']],
  ),
  withHeader(
    [
      ['Authorization', 'Bearer {token}'],
      ['Authorization', 'Bearer x'],
    ],
    [
      ['Authorization', 'Bearer x'],
      ['Authorization', 'Bearer {token}'],
    ],
    [['Authorization', 'Bearer {token},Bearer {token}']],
    [['Authorization', 'Bearer {token} x']],
    [['Authorization', 'Bearer\t{token}']],
    [['Authorization', 'bearer   {token}']],
    [['Authorization', 'Bearer {token}=']],
    [['Authorization', 'Basic dGVhbS1iOg==']],
    [['Authorization', '']],
    [['Authorization', ABSENT]],
    [['Authorization ', 'Bearer {token}']],
    [['Proxy-Authorization', 'Bearer {token}']],
    [['Cookie', 'token={token}']],
  ),
  withHeader(
    [['Host', 'evil.example']],
    [
      ['Host', 'localhost'],
      ['Host', 'evil.example'],
    ],
    [['Host', 'localhost/v2/team-b']],
    [['Host', ABSENT]],
    [['Host', '']],
  ),
  withHeader(
    [['Content-Encoding', 'gzip']],
    [['Accept-Encoding', 'gzip']],
    [['Range', 'bytes=0-9999']],
    [['If-None-Match', '*']],
  ),
  // A header whose end or beginning some would see elsewhere.
  withHeader(
    [['X-A', 'b\r\n Authorization: x']],
    [['X-A', 'b\nX-B: c']],
    [['X-A', 'b\0c']],
    [['X-A', '\x80\xff']],
    [['X A', 'b']],
    [['', 'b']],
  ),
]

function targetFor(name: string): string {
  return name.startsWith('X-O') ? `/v2/${other}/tags/list` : `/v2/${other}/manifests/${DIGESTS.tag}`
}
