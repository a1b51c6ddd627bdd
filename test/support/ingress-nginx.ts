/** Of an Ingress what ingress-nginx makes locations of. */
export interface Ingress {
  readonly metadata: {
    readonly name: string
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly spec: {
    readonly rules: readonly {
      readonly http: {
        readonly paths: readonly {
          readonly path: string
          readonly pathType: string
          readonly backend: {
            readonly service: { readonly name: string; readonly port: { readonly number: number } }
          }
        }[]
      }
    }[]
  }
}

/** Local ports of Services, each by its name or host, a colon and its port. */
export type Upstreams = Readonly<Record<string, number>>

/**
 * The server that ingress-nginx 1.15 makes of Ingresses, in its own order and by its own defaults, but
 * for what it has Lua for, the choice of a pod, in whose place an address stands. Throws for an annotation
 * that is not known here: nothing may be passed over.
 */
export function ingressNginxSite(
  ingresses: readonly Ingress[],
  entry: number,
  upstreams: Upstreams,
): string {
  const locations = ingresses.flatMap(({ metadata, spec }) => {
    const given = annotationsOf(metadata.annotations ?? {})
    const paths = spec.rules.flatMap(({ http }) => http.paths)
    return paths.flatMap(({ path, pathType, backend: { service } }) => {
      const to = portOf(upstreams, `${service.name}:${service.port.number}`)
      // A prefix is of whole segments: the path itself and all below it.
      const places = pathType === 'Exact' ? [`= ${path}`] : [`${path}/`, `= ${path}`]
      return places.map((place, i) => location(place, `${path}-${i}`, given, to, upstreams))
    })
  })
  return `map $http_x_request_id $req_id { default $http_x_request_id; '' $request_id; }
map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
client_header_buffer_size 1k;
large_client_header_buffers 4 8k;
underscores_in_headers off;
ignore_invalid_headers on;
server {
  listen 127.0.0.1:${entry};
${locations.join('\n')}
  location / { return 404; }
}
`
}

const ANNOTATIONS = {
  'auth-url': '',
  'auth-method': '',
  'auth-response-headers': '',
  'proxy-body-size': '1m',
  'proxy-request-buffering': 'on',
  'proxy-read-timeout': '60',
  'proxy-send-timeout': '60',
} as const

type Annotations = Readonly<Record<keyof typeof ANNOTATIONS, string>>

function annotationsOf(given: Readonly<Record<string, string>>): Annotations {
  const short = Object.entries(given).map(([key, value]): [string, string] => [
    key.replace('nginx.ingress.kubernetes.io/', ''),
    value,
  ])
  const unknown = short.filter(([key]) => !(key in ANNOTATIONS))
  if (unknown.length > 0) throw new Error(`not known here: ${unknown.join()}`)
  return { ...ANNOTATIONS, ...Object.fromEntries(short) }
}

function portOf(upstreams: Upstreams, name: string): number {
  const port = upstreams[name]
  if (port === undefined) throw new Error(`no Service ${name}`)
  return port
}

function location(
  place: string,
  name: string,
  given: Annotations,
  to: number,
  upstreams: Upstreams,
): string {
  const auth = given['auth-url'] === '' ? undefined : new URL(given['auth-url'])
  const authPath = `/_external-auth-${Buffer.from(name).toString('base64url')}`
  const names = given['auth-response-headers'].split(',').map((one) => one.trim())
  const headers = auth === undefined ? [] : names.filter((one) => one !== '')
  const body = `client_max_body_size ${given['proxy-body-size']};
    proxy_buffering off;
    proxy_request_buffering ${given['proxy-request-buffering']};
    proxy_http_version 1.1;`
  const question = auth && authLocation(authPath, auth, given, body, upstreams)
  return `${question ?? ''}
  location ${place} {
    set $pass_access_scheme $scheme;
    set $best_http_host $http_host;
    ${auth ? `auth_request ${authPath};` : ''}
    ${headers
      .map((one, i) => {
        const variable = one.toLowerCase().replaceAll('-', '_')
        return `auth_request_set $authHeader${i} $upstream_http_${variable};
    proxy_set_header '${one}' $authHeader${i};`
      })
      .join('\n    ')}
    ${body}
    proxy_set_header Host $best_http_host;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $connection_upgrade;
    proxy_set_header X-Request-ID $req_id;
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Host $best_http_host;
    proxy_set_header X-Forwarded-Port $server_port;
    proxy_set_header X-Forwarded-Proto $pass_access_scheme;
    proxy_set_header X-Forwarded-Scheme $pass_access_scheme;
    proxy_set_header X-Scheme $pass_access_scheme;
    proxy_set_header X-Original-Forwarded-For $http_x_forwarded_for;
    proxy_set_header X-Original-Forwarded-Host $http_x_forwarded_host;
    proxy_set_header Proxy "";
    proxy_connect_timeout 5s;
    proxy_send_timeout ${given['proxy-send-timeout']}s;
    proxy_read_timeout ${given['proxy-read-timeout']}s;
    proxy_redirect off;
    proxy_pass http://127.0.0.1:${to};
  }`
}

function authLocation(
  place: string,
  url: URL,
  given: Annotations,
  body: string,
  upstreams: Upstreams,
): string {
  const method = given['auth-method']
  return `
  location = ${place} {
    internal;
    proxy_intercept_errors off;
    proxy_pass_request_body off;
    proxy_set_header Content-Length "";
    proxy_set_header X-Forwarded-Proto "";
    proxy_set_header X-Request-ID $req_id;
    ${
      method === ''
        ? ''
        : `proxy_method ${method};
    proxy_set_header X-Original-URI $request_uri;
    proxy_set_header X-Scheme $pass_access_scheme;`
    }
    proxy_set_header Host ${url.hostname};
    proxy_set_header X-Original-URL $scheme://$http_host$request_uri;
    proxy_set_header X-Original-Method $request_method;
    proxy_set_header X-Sent-From "nginx-ingress-controller";
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Auth-Request-Redirect $request_uri;
    ${body}
    proxy_ssl_server_name on;
    proxy_pass_request_headers on;
    set $target http://127.0.0.1:${portOf(upstreams, url.host)}${url.pathname};
    proxy_pass $target;
  }`
}
