import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { hostler } from '../cli/hostler.ts';
import { fixture } from '../kernel/listening.ts';
import { eventually } from './eventually.ts';
import { plugLoop, unplugLoop } from './loop-number.ts';
import { onTestHost } from './namespace.ts';
import { createScene, type Scene, type SceneGuest } from './scene.ts';

const rule = (name: string, guest: string, number: number, more = '') => `
- rule: ${name}
  match: { subsystem: block, sysname: loop${number} }
  guest: ${guest}
  node: { mode: "0660", owner: root, group: root }
${more}`;
const ONE = rule('one', 'robust-one', 380);
const OTHER = rule('other', 'robust-other', 381);
const THIRD = rule('third', 'robust-one', 382);

describe.skipIf(!onTestHost)('a change of the configuration', () => {
  let scene: Scene;
  let one: SceneGuest;
  let other: SceneGuest;
  let folder: string;

  const write = (path: string, text: string | Buffer) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const has = async (guest: SceneGuest, ...names: readonly string[]) => {
    const inside = await guest.inside();
    await eventually(() => expect(inside.names()).toEqual(names));
  };
  const problems = async () => (await scene.agent.status()).config.problems;
  const reload = () => hostler(['reload', '--socket', scene.agent.controlSocket]);
  const reset = () => {
    rmSync(join(folder, 'rules'), { recursive: true, force: true });
    write('rules/one.yaml', ONE);
    write('rules/other.yaml', OTHER);
  };
  const isAsAtFirst = async () => {
    await Promise.all([has(one, 'loop380'), has(other, 'loop381')]);
    await eventually(async () => expect(await problems()).toEqual([]));
    await eventually(async () => expect((await scene.agent.status()).converged).toBe(true)); // and all that was done is told
  };

  beforeAll(async () => {
    scene = await createScene({ rules: '', agent: 'later' });
    folder = join(scene.agent.folder, 'etc');
    [one, other] = await Promise.all([scene.guest('robust-one'), scene.guest('robust-other')]);
    reset();
    plugLoop(380, 3);
    await scene.agent.start();
  });
  beforeEach(isAsAtFirst);
  afterEach(reset);
  afterAll(async () => {
    await scene?.end();
    unplugLoop(380, 3);
  });

  /** The other guest's node as it was made, and what was done in that guest. */
  const otherGuest = async () => {
    const { ino, ctimeMs } = statSync(`/proc/${await other.initPid()}/root/dev/loop381`);
    const actions = (await scene.agent.events()).filter(
      ({ kind, guest }) => kind === 'action' && guest === 'robust-other',
    );
    return { ino, ctimeMs, actions: actions.length };
  };

  test('takes effect at once when a rule is added, changed or removed, and touches no other guest', async () => {
    const before = await otherGuest();
    write('rules/third.yaml', THIRD);
    await has(one, 'loop380', 'loop382');
    write('rules/third.yaml', THIRD.replace('0660', '0600'));
    const inside = await one.inside();
    await eventually(() => expect(inside.node('/dev/loop382')).toBe('b:7:382 0600 0:0'));
    rmSync(join(folder, 'rules/third.yaml'));
    await has(one, 'loop380');
    expect(await otherGuest()).toEqual(before);
    expect((await scene.agent.status()).watching).toBe(true);
  });

  test('is heard when an editor saves by renaming, with and without a backup', async () => {
    const path = join(folder, 'rules/one.yaml');
    write('rules/.one.yaml.swp', ONE + THIRD);
    renameSync(join(folder, 'rules/.one.yaml.swp'), path);
    await has(one, 'loop380', 'loop382');
    renameSync(path, `${path}~`);
    write('rules/one.yaml', ONE);
    await has(one, 'loop380');
  });

  test('is heard when a whole folder is put in the place of the old one', async () => {
    const next = `${folder}.next`;
    cpSync(folder, next, { recursive: true });
    writeFileSync(join(next, 'rules/third.yaml'), THIRD);
    renameSync(folder, `${folder}.old`);
    renameSync(next, folder);
    await has(one, 'loop380', 'loop382');
    rmSync(`${folder}.old`, { recursive: true });
    rmSync(join(folder, 'rules/third.yaml'));
    await has(one, 'loop380');
  });

  test.each([
    ['text that is no YAML', '- rule: [', /^rules\/one\.yaml:1:\d+$/],
    ['an unknown key', ONE.replace('guest:', 'gast:'), /^rules\/one\.yaml:4:3$/],
    ['a mode that YAML reads as another number', ONE.replace('"0660"', '0660'), /^rules\/one\.yaml:5:17$/],
    ['the name of another rule', ONE.replace('one', 'other'), /^rules\/other\.yaml:2:9$/],
    ['a guest that is not here', ONE.replace('robust-one', 'robust-nobody'), /^rules\/one\.yaml:4:10$/],
    ['bytes that are no UTF-8', Buffer.from([0x2d, 0x20, 0xff, 0xfe]), /^rules\/one\.yaml:1:3$/],
  ])(
    'that cannot be used changes nothing, is told with its place, and needs no help once mended: %s',
    async (_, text, place) => {
      const before = await otherGuest();
      write('rules/one.yaml', text);
      await eventually(async () => expect(await problems()).not.toEqual([]));
      const places = (await problems()).map(
        ({ place: { file, line, column } }) => `${file.replace(`${folder}/`, '')}:${line}:${column}`,
      );
      expect(places).toContainEqual(expect.stringMatching(place));
      const { code, err } = await reload();
      expect(code).toBe(65);
      for (const one of places) expect(err).toContain(`${folder}/${one}: `);
      await Promise.all([has(one, 'loop380'), has(other, 'loop381')]);
      expect(await otherGuest()).toEqual(before);
      write('rules/one.yaml', ONE + THIRD);
      await has(one, 'loop380', 'loop382');
      expect(await problems()).toEqual([]);
    },
  );

  test('that leaves a folder unreadable changes nothing', async () => {
    rmSync(join(folder, 'rules'), { recursive: true });
    symlinkSync('rules', join(folder, 'rules'));
    await eventually(async () =>
      expect((await problems()).map(({ place }) => place.file)).toEqual([join(folder, 'rules')]),
    );
    await Promise.all([has(one, 'loop380'), has(other, 'loop381')]);
  });

  describe('while no agent runs', () => {
    beforeEach(async () => void (await scene.agent.end('SIGTERM')));

    test('that cannot be used leaves the last good one in force, with a warning', async () => {
      write('rules/one.yaml', '- rule: [');
      unplugLoop(380);
      await scene.agent.start();
      await has(one);
      expect(await problems()).toHaveLength(1);
      await eventually(() =>
        expect(scene.agent.log()).toMatch(
          /E_CONFIG .*rules\/one\.yaml:1:\d+: .* the last good configuration stays in force/,
        ),
      );
      plugLoop(380);
      await has(one, 'loop380');
    });

    test('that cannot be used keeps an agent that has no last good one from starting', async () => {
      const kept = join(scene.agent.stateFolder, 'config.json');
      renameSync(kept, `${kept}.away`);
      write('rules/one.yaml', '- rule: [');
      const { code, out, err } = await hostler(scene.agent.words);
      expect([code, out]).toEqual([65, '']);
      expect(err).toMatch(new RegExp(`^${folder}/rules/one\\.yaml:1:\\d+: `));
      renameSync(`${kept}.away`, kept);
      reset();
      await scene.agent.start();
    });

    test('is not heard by an agent that got no inotify, which says so, can be told, and hears again as soon as it can', async () => {
      const eater = spawn(fixture('inotify'), { stdio: ['pipe', 'pipe', 'inherit'] });
      try {
        await once(eater.stdout, 'data');
        await scene.agent.start();
        await eventually(async () => {
          const { watching, warnings } = await scene.agent.status();
          expect(watching).toBe(false);
          expect(new Set(warnings.map(({ code }) => code))).toEqual(new Set(['E_WATCH']));
          expect(warnings.map(({ subject }) => subject)).toEqual(
            expect.arrayContaining([folder, scene.agent.lxcPath, 'robust-one']),
          );
        });
        write('rules/third.yaml', THIRD);
        expect(await reload()).toMatchObject({ code: 0 });
        await has(one, 'loop380', 'loop382');
      } finally {
        eater.stdin.end();
        await once(eater, 'exit');
      }
      await eventually(
        async () => expect(await scene.agent.status()).toMatchObject({ watching: true, warnings: [] }),
        60_000,
      );
      rmSync(join(folder, 'rules/third.yaml'));
      await has(one, 'loop380');
      await one.attach('rm', '/dev/loop380');
      await has(one, 'loop380');
    });
  });
});
