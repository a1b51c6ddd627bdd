import type { Place } from './tree.ts'

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

/** A script that completes `rauth` in a shell. Where nothing is known, files are offered. */
export function completionScript(shell: Shell, places: readonly Place[]): string {
  return SCRIPTS[shell](places)
}

const SCRIPTS: Readonly<Record<Shell, (places: readonly Place[]) => string>> = {
  bash: (
    places,
  ) => `# rauth completion bash: source it, or put it into ~/.local/share/bash-completion/completions/rauth
_rauth() {
  local current=\${COMP_WORDS[COMP_CWORD]} path= words= values= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${path:+$path }\${COMP_WORDS[i]}" in
      ${pathsOf(places)}) path="\${path:+$path }\${COMP_WORDS[i]}" ;;
    esac
  done
${posixCases(places, (words) => `values='${words}'`, '"$path|${COMP_WORDS[COMP_CWORD - 1]}"')}
  COMPREPLY=($(compgen -W "\${values:-$words}" -- "$current"))
}
complete -o default -F _rauth rauth
`,
  zsh: (places) => `#compdef rauth
# rauth completion zsh: put it as _rauth into a folder of $fpath, or source it after compinit
_rauth() {
  local trail= list= values= i
  for ((i = 2; i < CURRENT; i++)); do
    case "\${trail:+$trail }\${words[i]}" in
      ${pathsOf(places)}) trail="\${trail:+$trail }\${words[i]}" ;;
    esac
  done
${posixCases(places, (words) => `values='${words}'`, '"$trail|${words[CURRENT-1]}"', 'list', '$trail')}
  compadd -- \${=\${values:-$list}} || _files
}
if [[ $funcstack[1] == _rauth ]]; then _rauth "$@"; else compdef _rauth rauth; fi
`,
  fish: (places) => `# rauth completion fish: put it into ~/.config/fish/completions/rauth.fish
function __rauth_words
  set -l trail ''
  set -l before ''
  for word in (commandline -opc)[2..-1]
    set before $word
    switch (string trim "$trail $word")
      case ${places.flatMap(({ path }) => (path === '' ? [] : [`'${path}'`])).join(' ')}
        set trail (string trim "$trail $word")
    end
  end
  switch "$trail|$before"
${places
  .flatMap(({ path, values }) =>
    values.flatMap(({ flags, choices }) =>
      flags.map(
        (flag) =>
          `    case '${path}|${flag}'\n      printf '%s\\n' ${choices.join(' ')}\n      return`,
      ),
    ),
  )
  .join('\n')}
  end
  switch "$trail"
${places.map(({ path, words }) => `    case '${path}'\n      printf '%s\\n' ${words.map((word) => `'${word}'`).join(' ')}`).join('\n')}
  end
end
complete -c rauth -a '(__rauth_words)'
`,
}

function pathsOf(places: readonly Place[]): string {
  return places.flatMap(({ path }) => (path === '' ? [] : [`'${path}'`])).join('|')
}

function posixCases(
  places: readonly Place[],
  give: (words: string) => string,
  before: string,
  into = 'words',
  path = '$path',
): string {
  const values = places.flatMap(({ path: at, values: all }) =>
    all.map(({ flags, choices }) => {
      const spellings = flags.map((flag) => `'${at}|${flag}'`).join('|')
      return `    ${spellings}) ${give(choices.join(' '))} ;;`
    }),
  )
  const words = places.map(
    ({ path: at, words: all }) => `    '${at}') ${into}='${all.join(' ')}' ;;`,
  )
  return [
    `  case ${before} in`,
    ...values,
    '  esac',
    `  case "${path}" in`,
    ...words,
    '  esac',
  ].join('\n')
}
