import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  nextPosition,
  readCatalog,
  type AskPage,
  type RepositoryPage,
  type Wanted,
} from '../../src/catalog-pages.ts'
import { accepted, refused } from '../../src/refusal.ts'

/** How registries order names: by bytes, or as if `/` came first. */
const ORDERS = {
  bytes: (name: string) => name,
  paths: (name: string) => name.replaceAll('/', '\0'),
}

type Order = keyof typeof ORDERS

function sorted(names: readonly string[], order: Order): string[] {
  const key = ORDERS[order]
  return [...names].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0))
}

/** A registry that gives so many names a page. */
function registryOf(names: readonly string[], size: number, order: Order = 'paths') {
  const all = sorted(names, order)
  const key = ORDERS[order]
  const asked: string[] = []
  const page: AskPage = (last) => {
    asked.push(last)
    const rest = all.filter((name) => last === '' || key(name) > key(last))
    const given = rest.slice(0, size)
    return Promise.resolve(
      accepted({ names: given, next: rest.length > size ? given.at(-1) : undefined }),
    )
  }
  return { page, asked }
}

/** Always the same page, or the pages one after the other. */
const scripted = (...pages: readonly RepositoryPage[]): AskPage => {
  let at = 0
  return () =>
    Promise.resolve(accepted(pages[at++ % pages.length] ?? { names: [], next: undefined }))
}

const wanted = (more: Partial<Wanted> = {}): Wanted => ({
  ...{ count: 100, last: '', reach: [''], visible: () => true },
  ...more,
})

const below = (...prefixes: string[]) => ({
  reach: [...prefixes].sort(),
  visible: (name: string) => prefixes.some((prefix) => name.startsWith(prefix)),
})

async function listed(page: AskPage, want: Wanted) {
  const result = await readCatalog(page, want)
  assert.ok(result.ok, JSON.stringify(result))
  return result.value
}

/** Page after page, as a client follows the links. */
async function followed(page: AskPage, want: Wanted): Promise<string[]> {
  const names: string[] = []
  let last = ''
  for (;;) {
    const { repositories, more } = await listed(page, { ...want, last })
    names.push(...repositories)
    assert.ok(repositories.length <= want.count)
    if (!more) return names
    assert.equal(repositories.length, want.count, 'a page that has a next one is full')
    last = repositories.at(-1) ?? assert.fail('a next page after nothing')
  }
}

describe('readCatalog', () => {
  const NAMES = ['team-a/a', 'team-a/b', 'team-b/a', 'team-b/b', 'team-c/a']

  it('leaves out what is not visible, over pages', async () => {
    const { page } = registryOf(NAMES, 2)
    const visible = (name: string) => name.endsWith('/a')
    assert.deepEqual(await listed(page, wanted({ visible })), {
      repositories: ['team-a/a', 'team-b/a', 'team-c/a'],
      more: false,
    })
  })

  it('has a next page for what is visible only', async () => {
    const { page } = registryOf(NAMES, 10)
    for (const [count, more] of [
      [1, true],
      [2, false],
    ] as const) {
      assert.equal((await listed(page, wanted({ ...below('team-a/'), count }))).more, more)
    }
  })

  it('reads nothing where nothing can be visible', async () => {
    const { page, asked } = registryOf(
      [...NAMES, ...Array.from({ length: 50 }, (_, i) => `hidden/${String(i)}`)],
      2,
    )
    const view = below('team-a/', 'team-c/')
    assert.deepEqual((await listed(page, wanted(view))).repositories, [
      ...['team-a/a', 'team-a/b', 'team-c/a'],
    ])
    assert.ok(asked.length <= 4, asked.join())
    assert.equal(asked[0], 'team-')
    assert.deepEqual((await listed(page, wanted(below()))).repositories, [])
    assert.ok(asked.length <= 4)
  })

  it('shows no name twice, nor the one that it goes on after', async () => {
    const page = scripted({ names: ['a/b', 'a/b', 'a/c', 'a/a', 'a/c'], next: undefined })
    assert.deepEqual((await listed(page, wanted({ last: 'a/a' }))).repositories, ['a/b', 'a/c'])
  })

  it('gives a registry up that goes in a circle or never ends', async () => {
    let calls = 0
    const endless: AskPage = (last) =>
      Promise.resolve(accepted({ names: [`x/${String((calls += 1))}`], next: `${last}z` }))
    const cases: readonly AskPage[] = [
      scripted({ names: ['a/b'], next: 'a/b' }),
      scripted({ names: ['a/b'], next: 'a/b' }, { names: ['c/d'], next: 'c/d' }),
      scripted({ names: [], next: 'q' }),
      endless,
    ]
    for (const page of cases) {
      const result = await readCatalog(page, wanted({ visible: () => false }))
      assert.equal(result.ok ? 'listed' : result.refusal.reason, 'registry_unavailable')
    }
    assert.equal(calls, 200)
  })

  it('answers nothing when a later page is missing', async () => {
    let calls = 0
    const page: AskPage = () =>
      Promise.resolve(
        (calls += 1) === 1
          ? accepted({ names: ['a/b'], next: 'a/b' })
          : refused('registry_unavailable'),
      )
    assert.equal((await readCatalog(page, wanted())).ok, false)
  })

  const component = fc.constantFrom(
    'a',
    'ab',
    'team',
    'team-a',
    'team-a-b',
    'team.a',
    '0',
    'z',
    'a_b',
  )
  const names = fc.uniqueArray(
    fc.array(component, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/')),
    { maxLength: 40 },
  )
  const prefixes = fc.uniqueArray(
    fc.oneof(
      component.map((one) => `${one}/`),
      fc.constant('team/a'),
      fc.constant('team-a/team/'),
    ),
    { maxLength: 4 },
  )
  const order = fc.constantFrom<Order>('bytes', 'paths')

  it('all pages together are what is visible, in order, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(
        names,
        prefixes,
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 5 }),
        order,
        async (all, some, size, count, by) => {
          const view = below(...some)
          const { page } = registryOf(all, size, by)
          const expected = sorted(all.filter(view.visible), by)
          assert.deepEqual(await followed(page, wanted({ ...view, count })), expected)
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('what is hidden changes no page', async () => {
    await fc.assert(
      fc.asyncProperty(names, prefixes, order, async (all, some, by) => {
        const view = below(...some)
        const want = wanted({ ...view, count: 2 })
        const visible = all.filter(view.visible)
        assert.deepEqual(
          await listed(registryOf(all, 3, by).page, want),
          await listed(registryOf(visible, 3, by).page, want),
        )
      }),
    )
  })
})

describe('nextPosition', () => {
  const CASES: readonly (readonly [string, readonly string[], string | undefined])[] = [
    ['', [''], ''],
    ['x/y', [''], 'x/y'],
    ['', [], undefined],
    ['', ['team-a/'], 'team-'],
    ['', ['a/'], ''],
    ['', ['x-/'], ''],
    ['team-a', ['team-a/'], 'team-a'],
    ['team-a/x', ['team-a/'], 'team-a/x'],
    ['team-b/x', ['team-a/'], undefined],
    // In one of the two orders team-a/… is still to come.
    ['team-a-b/x', ['team-a/'], 'team-a-b/x'],
    ['team-a0/x', ['team-a/'], 'team-a0/x'],
    ['b/x', ['a/', 'team-a/'], 'team-'],
    ['team-/x', ['team-a/'], 'team-/x'],
    ['c', ['library/', 'team-a/'], 'librar'],
    ['', ['team/', 'team-a/'], ''],
  ]
  for (const [last, reach, expected] of CASES) {
    it(`after ${last || 'nothing'} for ${reach.join(' ') || 'nothing'}`, () => {
      assert.equal(nextPosition(last, reach), expected)
    })
  }
})
