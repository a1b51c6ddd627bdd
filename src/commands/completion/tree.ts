import type { Command } from 'commander'

/** What may follow some words of a command line. */
export interface Place {
  /** The subcommands before it, such as `keys init`; of the program itself empty. */
  readonly path: string
  /** Subcommands, choices of arguments, long options. */
  readonly words: readonly string[]
  /** Of options that take one of few values: all its spellings, and the values. */
  readonly values: readonly {
    readonly flags: readonly string[]
    readonly choices: readonly string[]
  }[]
}

/** Every place of a program. */
export function placesOf(command: Command, path = ''): readonly Place[] {
  const help = command.createHelp()
  const commands = help.visibleCommands(command).filter((one) => one.name() !== 'help')
  const options = help.visibleOptions(command)
  const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? [])
  const own: Place = {
    path,
    words: [
      ...commands.map((one) => one.name()),
      ...choices,
      ...options.flatMap(({ long }) => long ?? []),
    ],
    values: options.flatMap(({ long, short, argChoices }) =>
      argChoices === undefined
        ? []
        : [{ flags: [short, long].filter((flag) => flag != null), choices: argChoices }],
    ),
  }
  const below = commands.flatMap((one) =>
    placesOf(one, path === '' ? one.name() : `${path} ${one.name()}`),
  )
  return [own, ...below]
}
