import { quote } from './quote.ts';

const LONGEST = 2048;

/** What is wrong with an address that alerts are posted to. */
export function urlProblem(written: string): string | undefined {
  if (written.length > LONGEST) return `an address of more than ${LONGEST} characters; write a shorter one`;
  const url = URL.canParse(written) ? new URL(written) : undefined;
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:';
  if (url === undefined || !isHttp || !/^https?:\/\/[^\s/]/i.test(written))
    return `${quote(written)} is no address; write one that begins with http:// or https://`;
  if (url.username !== '' || url.password !== '')
    return 'an address with credentials in it; write them into a file and name it by authorization-file';
  return url.hash === '' ? undefined : `an address with ${quote(url.hash)}, which is never sent; leave it out`;
}

/** A name of this host, or an address: what a line of a mail's head cannot be broken with. */
export function mailProblem(address: string): string | undefined {
  const isAddress = /^[A-Za-z0-9_][^\s@,;:<>()"\\\p{Cc}]{0,63}(@[A-Za-z0-9][A-Za-z0-9.-]{0,250})?$/u.test(address);
  return isAddress ? undefined : `${quote(address)} is no address; write one, such as root or admin@example.org`;
}
