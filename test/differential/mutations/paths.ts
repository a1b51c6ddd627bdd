import { atLetter, atSlash, onPath, percent, words, type Mutation } from './mutation.ts'

const OWN_PATHS = [
  '/v2/team-a/app',
  '/v2/team-a',
  '/v2/team-a/app/tags/list',
  '/v2/team-a/app/manifests/v1',
]

export const PATHS: readonly Mutation[] = [
  onPath((path, random) =>
    atSlash(path, random, () =>
      random.pick(words('%2F %2f %252F %5C \\ %c0%af // /./ /%2e/ /.// ;/ /..;/')),
    ),
  ),
  onPath((path, random) =>
    atLetter(path, random, (letter) => percent(letter, random.below(2) === 0)),
  ),
  onPath((path, random) =>
    atLetter(path, random, (letter) => percent(letter, false).replace('%', '%25')),
  ),
  onPath((path, random) => {
    const up = random.pick(words('.. %2e%2e .%2e %2E. ..; ..%00 ..%2f.. ..\\.. ..%5c..'))
    const own = random.pick(OWN_PATHS)
    const depth = own.split('/').length - 1
    const climb = Array.from({ length: random.pick([depth, depth - 1, 1]) }, () => up).join('/')
    return `${own}/${climb}${random.pick([path, path.replace(/^\/v2/, '')])}`
  }),
  onPath((path, random) =>
    path.replace(/team-[ab]/, (name) =>
      random.pick([
        name.toUpperCase(),
        `${name}:80`,
        `./${name}`,
        `x/../${name}`,
        `%00${name}`,
        `%20${name}`,
        `${name}.`,
        `[::1]/${name}`,
        `team-a%2F..%2F${name}`,
        `team-a;${name}`,
      ]),
    ),
  ),
  onPath(
    (path, random) =>
      `${path}${random.pick(['/', '//', '/.', '/..', '%00', '%0d%0a', '%20', '%3F', '%23', '#', '#/v2/team-a/app/tags/list', ';a=b', ';/v2/team-a/app/tags/list', '%3F/v2/team-a/app/tags/list', '.json', '\\', '\xff', '%ff'])}`,
  ),
  onPath((path, random) =>
    random.pick([
      `/${path}`,
      `//localhost${path}`,
      `http://localhost${path}`,
      `http://evil.example${path}`,
      `https://localhost:443${path}`,
      `http:${path}`,
      path.slice(1),
      `/.${path}`,
      `/token/..${path}`,
      `/token%2f..${path}`,
      `/jwks.json/..${path}`,
      `/V2${path.slice(3)}`,
      `/v2x${path.slice(3)}`,
      `/v2/v2${path.slice(3)}`,
      `/auth;${path}`,
      `/%76%32${path.slice(3)}`,
    ]),
  ),
  onPath((path, random) =>
    path.replace(/(tags|manifests|blobs|uploads|referrers|list)/, (word) =>
      random.pick([
        word.toUpperCase(),
        `${word}/${word}`,
        `manifests/${word}`,
        `${word}%2f`,
        `tags/list/${word}`,
        `blobs/uploads/${word}`,
      ]),
    ),
  ),
  onPath((path, random) =>
    path.replace(
      'sha256:',
      random.pick(words('sha256%3A sha256%3a sha256%253A SHA256: sha256:: sha512: sha256-')),
    ),
  ),
]
