import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Attached, allowIn, denyAloneIn, denyIn, haltAtDetach } from './device-program.ts';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { hasV2, V2_ROOT, WITHOUT_V1 } from './hierarchies.ts';
import { TestGuest } from './test-guest.ts';

describe.skipIf(!isRoot || !hasV2)("somebody's device program", () => {
  let executor: ExecutorClient;
  let guest: TestGuest;
  const attached: Attached[] = [];
  const begin = async (): Promise<void> => {
    guest = await TestGuest.start({ hierarchy: V2_ROOT });
    await executor.tell(guest.opening);
    await executor.tell(`make-node ${guest.name} dev/null c:1:3 0666 0 0`);
    await executor.tell(`make-node ${guest.name} dev/zero c:1:5 0666 0 0`);
  };
  const end = async (): Promise<void> => {
    for (const program of attached.splice(0)) await program.end();
    await guest.stop();
  };
  beforeEach(async () => {
    executor = new ExecutorClient(WITHOUT_V1);
    await begin();
  });
  afterEach(async () => {
    await executor.stop();
    await end();
  });
  const tell = (verb: string, words = ''): Promise<string> => executor.tell(`${verb} ${guest.name} ${words}`.trimEnd());
  const grants = (): Promise<readonly string[]> => executor.ask(`grants ${guest.name}`);
  const attach = async (attaching: typeof denyIn, number: string): Promise<Attached> => {
    const program = await attaching(`${V2_ROOT}${guest.cgroup}`, number);
    attached.push(program);
    return program;
  };
  const deny = (number: string): Promise<Attached> => attach(denyIn, number);
  /** As LXC does. */
  const allow = (number: string): Promise<Attached> => attach(allowIn, number);

  test('beside ours stays, and goes on denying whatever is granted; all else can be granted', async () => {
    await tell('adopt-program', 'c:1:3:rw c:1:5:rw');
    const { end } = await deny('1:5');
    expect((await grants()).at(-1)).toBe('ok 2 confined-v2');
    expect(await tell('adopt-program', 'c:1:3:rw c:1:5:rw')).toBe('ok');
    expect(await tell('grant', 'c:1:5 rw')).toBe('ok');
    expect(await tell('verify', 'c:1:5 rw')).toBe('fail 1 faccessat c:1:5');
    expect(await guest.does('open /dev/zero r')).toBe('errno 1');
    expect(await guest.does('open /dev/null rw')).toBe('ok');
    expect(await tell('verify', 'c:1:7 rw')).toBe('fail 1 faccessat c:1:7');
    expect(await tell('grant', 'c:1:7 rw')).toBe('ok');
    expect(await tell('verify', 'c:1:7 rw')).toBe('ok');
    expect(await tell('revoke', 'c:1:3 rw')).toBe('ok');
    expect(await guest.does('open /dev/null rw')).toBe('errno 1');
    await end();
    expect(await guest.does('open /dev/zero r')).toBe('ok');
  });

  test("beside LXC's stays when ours takes the place of that one, in whatever order they came", async () => {
    for (const order of [
      [allow, deny],
      [deny, allow],
    ]) {
      for (const attaching of order) await attaching(attaching === allow ? '1:3' : '1:5');
      expect(await grants()).toEqual(['row c:1:3 rwm runtime', 'ok 1 foreign']);
      expect(await tell('adopt-program', 'c:1:3:rwm c:1:5:rw')).toBe('ok');
      expect((await grants()).at(-1)).toBe('ok 2 confined-v2');
      expect(await guest.does('open /dev/null rw')).toBe('ok');
      expect(await guest.does('open /dev/zero r')).toBe('errno 1');
      expect(await tell('verify', 'c:1:7 r')).toBe('fail 1 faccessat c:1:7');
      await end();
      await begin();
    }
  });

  test("stays also when a tool of LXC's brings that one back beside ours, which goes once more", async () => {
    await tell('adopt-program', 'c:1:3:rw c:1:5:rw');
    await deny('1:5');
    await allow('1:3');
    expect(await grants()).toEqual(expect.arrayContaining(['row c:1:3 rw', 'row c:1:3 rwm runtime', 'ok 3 drifted']));
    expect(await tell('grant', 'c:1:7 rw')).toBe(`fail 1 drift ${guest.cgroup}`);
    expect(await tell('adopt-program', 'c:1:3:rw c:1:5:rw c:1:7:rw')).toBe('ok');
    expect((await grants()).at(-1)).toBe('ok 3 confined-v2');
    expect(await tell('verify', 'c:1:7 rw')).toBe('ok');
    expect(await guest.does('open /dev/zero r')).toBe('errno 1');
  });

  test("as LXC makes them, of which there are two, both stay: nobody can say which is LXC's", async () => {
    const both = [await allow('1:3'), await allow('1:5')].map(({ id }) => id);
    const [, held = ''] = /^ok 0 foreign held (\d+)$/.exec((await grants()).at(-1) ?? '') ?? [];
    expect(both).toContain(held);
    expect(await tell('adopt-program', 'c:1:3:rw')).toBe(`fail 16 program-held ${held}`);
    expect(await guest.does('open /dev/null rw')).toBe('errno 1');
    expect(await guest.does('open /dev/zero rw')).toBe('errno 1');
  });

  test('beside another that is not ours stays, and so does that one: ours goes beside both', async () => {
    for (const verb of ['adopt-program', 'join-program']) {
      const first = await deny('1:3');
      const second = await deny('1:5');
      const [answer = ''] = await grants();
      expect([`ok 0 foreign unread ${first.id}`, `ok 0 foreign unread ${second.id}`]).toContain(answer);
      expect(await tell(verb, 'c:1:3:rw c:1:5:rw c:1:7:rw')).toBe('ok');
      expect((await grants()).at(-1)).toBe('ok 3 confined-v2');
      expect(await guest.does('open /dev/null rw')).toBe('errno 1');
      expect(await guest.does('open /dev/zero r')).toBe('errno 1');
      expect(await tell('verify', 'c:1:7 rw')).toBe('ok');
      expect(await tell('verify', 'c:1:8 r')).toBe('fail 1 faccessat c:1:8');
      await end();
      await begin();
    }
  });

  test('that came in the place of ours leaves all else open; ours goes beside it, and what is taken back is taken back', async () => {
    const { id } = await deny('1:5');
    expect(await grants()).toEqual([`ok 0 foreign unread ${id}`]);
    expect(await tell('revoke', 'c:1:3 rw')).toBe(`fail 1 program ${guest.cgroup}`);
    expect(await tell('grant', 'c:1:3 rw')).toBe(`fail 1 program ${guest.cgroup}`);
    expect(await guest.does('open /dev/null rw')).toBe('ok');
    expect(await tell('join-program', 'c:1:3:rw c:1:5:rw')).toBe('ok');
    expect((await grants()).at(-1)).toBe('ok 2 confined-v2');
    expect(await guest.does('open /dev/zero r')).toBe('errno 1');
    expect(await tell('verify', 'c:1:7 r')).toBe('fail 1 faccessat c:1:7');
    expect(await tell('revoke', 'c:1:3 rw')).toBe('ok');
    expect(await guest.does('open /dev/null rw')).toBe('errno 1');
    expect(await tell('join-program', 'c:1:3:rw')).toBe('ok');
    expect((await grants()).at(-1)).toBe('ok 1 confined-v2');
    expect(await guest.does('open /dev/null rw')).toBe('ok');
  });

  test('that can be read by now is looked at before ours goes beside it', async () => {
    const { end } = await deny('1:5');
    await grants();
    await end();
    await allow('1:3');
    expect(await tell('join-program', 'c:1:3:rw c:1:5:rw')).toBe(`fail 1 drift ${guest.cgroup}`);
    expect(await grants()).toEqual(['row c:1:3 rwm runtime', 'ok 1 foreign']);
  });

  test('beside which its owner lets nothing be is left alone, and nothing can be taken back', async () => {
    const { id } = await attach(denyAloneIn, '1:5');
    expect(await grants()).toEqual([`ok 0 foreign held ${id}`]);
    for (const verb of ['adopt-program', 'join-program'])
      expect(await tell(verb, 'c:1:3:rw')).toBe(`fail 16 program-held ${id}`);
    expect(await tell('revoke', 'c:1:3 rw')).toBe(`fail 1 program ${guest.cgroup}`);
    expect(await guest.does('open /dev/null rw')).toBe('ok');
    expect(await guest.does('open /dev/zero r')).toBe('errno 1');
  });

  test('that is the only one is for the configuration to explain, and is replaced as a whole', async () => {
    const { id } = await deny('1:5');
    expect(await grants()).toEqual([`ok 0 foreign unread ${id}`]);
    expect(await tell('adopt-program', 'c:1:5:rw')).toBe('ok');
    attached.length = 0;
    expect(await guest.does('open /dev/zero r')).toBe('ok');
    expect(await guest.does('open /dev/null rw')).toBe('errno 1');
  });

  test("that is the only one by now, since LXC's went after it was looked at, stays until it is looked at", async () => {
    const lxc = await allow('1:3');
    await deny('1:5');
    expect((await grants()).at(-1)).toBe('ok 1 foreign');
    await lxc.end();
    expect(await tell('adopt-program', 'c:1:3:rwm c:1:5:rw')).toBe(`fail 1 drift ${guest.cgroup}`);
    expect(await guest.does('open /dev/zero r')).toBe('errno 1');
    expect((await grants()).at(-1)).toMatch(/^ok 0 foreign unread \d+$/);
    expect(await tell('adopt-program', 'c:1:3:rwm')).toBe('ok');
  });

  test('as LXC makes them stays when it came after another, or nothing, was looked at, until it is looked at', async () => {
    for (const before of [[], ['1:3']]) {
      const [seen] = await Promise.all(before.map(allow));
      expect((await grants()).at(-1)).toBe(seen ? 'ok 1 foreign' : 'ok 0 open adoptable');
      await seen?.end();
      await allow('1:5');
      expect(await tell('adopt-program', 'c:1:3:rwm')).toBe(`fail 1 drift ${guest.cgroup}`);
      expect(await guest.does('open /dev/zero r')).toBe('ok');
      expect(await guest.does('open /dev/null r')).toBe('errno 1');
      expect(await grants()).toEqual(['row c:1:5 rwm runtime', 'ok 1 foreign']);
      expect(await tell('adopt-program', 'c:1:5:rwm')).toBe('ok');
      await end();
      await begin();
    }
  });

  test('that goes by itself while ours takes its place is no failure', async () => {
    await tell('adopt-program', 'c:1:3:rw');
    const lxc = await allow('1:5');
    expect((await grants()).at(-1)).toBe('ok 2 drifted');
    const halted = await haltAtDetach(executor.workers()[0] ?? 0);
    const adopted = tell('adopt-program', 'c:1:3:rw c:1:7:r');
    await halted.isHalted();
    await lxc.end();
    halted.goOn();
    expect(await adopted).toBe('ok');
    expect((await grants()).at(-1)).toBe('ok 2 confined-v2');
  });

  test('that came in the place of ours stays until it is looked at', async () => {
    await tell('adopt-program', 'c:1:3:rw');
    await grants();
    await allow('1:5');
    expect(await tell('adopt-program', 'c:1:3:rw')).toBe(`fail 1 drift ${guest.cgroup}`);
    expect((await grants()).at(-1)).toBe('ok 2 drifted');
    expect(await tell('adopt-program', 'c:1:3:rw c:1:5:rwm')).toBe('ok');
  });
});
