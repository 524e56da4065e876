// Makes a checkout ready to run: installs what is missing, builds what has changed. Quick when there is nothing to do.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

export function run(command, args, options = {}) {
  const done = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  if (done.error !== undefined) throw done.error
  return done.status ?? 1
}

function must(what, command, args, options) {
  const status = run(command, args, options)
  if (status !== 0) {
    console.error(`${what} failed (exit ${status}); the lines above say why.`)
    process.exit(1)
  }
}

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Meridian needs Node.js 20.19 or newer; this is ${process.version}. Install a newer one and try again.`)
  process.exit(1)
}

/** Whether node_modules holds what package-lock.json asks for; dates would not do, git sets them anew at each checkout. */
function installedIsComplete() {
  const installed = join(root, 'node_modules/.package-lock.json')
  if (!existsSync(installed)) return false
  const present = JSON.parse(readFileSync(installed, 'utf8')).packages
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  return Object.entries(wanted).every(
    // Other platforms' binaries are optional, and absent here.
    ([path, { version, optional }]) => path === '' || optional === true || present[path]?.version === version,
  )
}

if (!installedIsComplete()) {
  console.error(
    'installing packages (the first time takes a few minutes: SQLite is compiled where no ready binary can be fetched)',
  )
  // Not `npm ci`: it refuses a lock file that was written where the registry lacks the binaries of other platforms.
  must('npm install', 'npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'], {
    stdio: ['ignore', 2, 2],
  })
}

// Compiled files whose source has gone would still be found by the test runner.
for (const folder of ['src', 'test', 'bench', 'fuzz']) {
  const built = join(root, 'build', folder)
  if (!existsSync(built)) continue
  for (const file of readdirSync(built, { recursive: true })) {
    if (!file.endsWith('.js')) continue
    const source = join(root, folder, `${file.slice(0, -3)}.ts`)
    if (!existsSync(source)) for (const end of ['', '.map']) rmSync(join(built, file) + end, { force: true })
  }
}
must(
  'the TypeScript build',
  process.execPath,
  [relative(root, join(root, 'node_modules/typescript/bin/tsc')), '-p', 'tsconfig.json'],
  {
    stdio: ['ignore', 2, 2],
  },
)
