/** Of Linux on all but Alpha, MIPS, PA-RISC and SPARC, from 1. */
const NAMES =
  'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS'.split(
    ' ',
  );
const FIRST_REAL_TIME = 34;
const LAST = 64;

/** The number of `SIGPWR`, `PWR`, `30` or `SIGRTMIN+3`; undefined: there is no such signal. */
export function signalNumber(text: string): number | undefined {
  const name = text.replace(/^SIG/, '');
  const [, from, sign, digits = '0'] = /^RT(MIN|MAX)(?:([+-])(\d{1,2}))?$/.exec(name) ?? [];
  const realTime = (from === 'MAX' ? LAST : FIRST_REAL_TIME) + Number(digits) * (sign === '-' ? -1 : 1);
  const number = from === undefined ? plainNumber(name) : realTime;
  return number >= (from === undefined ? 1 : FIRST_REAL_TIME) && number <= LAST ? number : undefined;
}

function plainNumber(name: string): number {
  return /^\d{1,2}$/.test(name) ? Number(name) : NAMES.indexOf(name) + 1;
}
