/**
 * Shell completion for bash, zsh and fish, made from the program itself: commands, options, and the names of nodes where a node
 * is wanted (asked of the running server).
 */
import { Argument, type Command } from 'commander'
import type { Act, Context } from '../context.ts'
import { examples } from './examples.ts'

const SHELLS = ['bash', 'zsh', 'fish'] as const

export function addCompletionCommand(program: Command, act: Act): void {
  program
    .command('completion')
    .addArgument(new Argument('<shell>', 'your shell').choices(SHELLS))
    .description('a script that completes commands, options and node names')
    .addHelpText(
      'after',
      examples([
        'meridian completion bash > /etc/bash_completion.d/meridian',
        'meridian completion zsh > "${fpath[1]}/_meridian"',
        'meridian completion fish > ~/.config/fish/completions/meridian.fish',
      ]),
    )
    .action(
      act((context: Context, shell: string) => {
        const script = shell === 'bash' ? bash(program) : shell === 'zsh' ? zsh(program) : fish(program)
        context.terminal.out(script.trimEnd())
      }),
    )
}

interface Completable {
  readonly name: string
  readonly description: string
  readonly options: readonly { readonly flag: string; readonly description: string }[]
  readonly takesNode: boolean
  readonly inner: readonly string[]
}

function completables(program: Command): Completable[] {
  const shared = optionsOf(program)
  return program.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    options: [...optionsOf(command), ...shared],
    takesNode: command.registeredArguments[0]?.name() === 'node' && command.name() !== 'add',
    inner: command.commands.map((each) => each.name()),
  }))
}

const optionsOf = (command: Command): { flag: string; description: string }[] =>
  command.options
    .filter((option) => option.long !== undefined)
    .map((option) => ({ flag: option.long!, description: option.description }))

const NAMES = `meridian nodes --json 2>/dev/null | sed -n 's/^ \\{4\\}"name": "\\(.*\\)",$/\\1/p'`

function bash(program: Command): string {
  const commands = completables(program)
  const cases = commands.map(
    (each) =>
      `    ${each.name}) words="${[...each.inner, ...each.options.map((option) => option.flag)].join(' ')}"${
        each.takesNode ? `; [[ $current == -* ]] || words="$(${NAMES})"` : ''
      } ;;`,
  )
  return `# bash completion for meridian
_meridian() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=""
  if [[ $COMP_CWORD -eq 1 ]]; then
    words="${commands.map((each) => each.name).join(' ')} help --help --version"
  else
    case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [[ $current == -* || -n $words ]] || compopt -o default
}
complete -o default -F _meridian meridian
`
}

function zsh(program: Command): string {
  const quote = (text: string): string => text.replaceAll("'", '’').replaceAll(/[[\]:]/g, ' ')
  const commands = completables(program)
  const cases = commands.map(
    (each) =>
      `      ${each.name}) _arguments ${[...new Map(each.options.map((option) => [option.flag, option])).values()]
        .map((option) => `'${option.flag}[${quote(option.description)}]'`)
        .join(
          ' ',
        )} ${each.takesNode ? `'1:node:(\${(f)"$(${NAMES.replaceAll("'", "'\\''")})"})'` : "'*:file:_files'"} ;;`,
  )
  return `#compdef meridian
_meridian() {
  local -a commands
  commands=(
${commands.map((each) => `    '${each.name}:${quote(each.description)}'`).join('\n')}
  )
  _arguments -C '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument)
      case $words[1] in
${cases.join('\n')}
      esac ;;
  esac
}
_meridian "$@"
`
}

function fish(program: Command): string {
  const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  const lines = completables(program).flatMap((each) => [
    `complete -c meridian -n __fish_use_subcommand -f -a ${each.name} -d ${quote(each.description)}`,
    ...each.options.map(
      (option) =>
        `complete -c meridian -n '__fish_seen_subcommand_from ${each.name}' -l ${option.flag.slice(2)} -d ${quote(option.description)}`,
    ),
    ...each.inner.map((inner) => `complete -c meridian -n '__fish_seen_subcommand_from ${each.name}' -f -a ${inner}`),
    ...(each.takesNode
      ? [`complete -c meridian -n '__fish_seen_subcommand_from ${each.name}' -f -a ${quote(`(${NAMES})`)}`]
      : []),
  ])
  return ['# fish completion for meridian', ...lines, ''].join('\n')
}
