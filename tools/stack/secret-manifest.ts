import { parse, stringify } from 'yaml'

export interface Login {
  readonly username: string
  readonly password: string
}

/** The Secret `registry-credentials` of a namespace, as `kubectl get secret -o yaml` prints it. */
export function secretManifest(namespace: string, { username, password }: Login): string {
  const base64 = (text: string) => Buffer.from(text, 'utf8').toString('base64')
  return stringify({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'registry-credentials', namespace },
    type: 'Opaque',
    data: { username: base64(username), password: base64(password) },
  })
}

/** The login in a manifest that {@link secretManifest} wrote, or that a user wrote by hand. */
export function loginOf(manifest: string): Login | undefined {
  const parsed = parse(manifest, { logLevel: 'silent' }) as {
    readonly data?: Readonly<Record<string, string>>
    readonly stringData?: Readonly<Record<string, string>>
  } | null
  const value = (key: string) =>
    parsed?.stringData?.[key] ?? Buffer.from(parsed?.data?.[key] ?? '', 'base64').toString('utf8')
  const login = { username: value('username'), password: value('password') }
  return login.username === '' || login.password === '' ? undefined : login
}
