/** How this room tells the operator what it did by itself; main.ts gives it. */
export type DutyLog = (level: 'info' | 'warn' | 'error', message: string) => void
