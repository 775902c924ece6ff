import { expect, test } from 'vitest';
import { html } from '../../src/report/html.ts';

test('what is put in is text, and markup stays markup', () => {
  const name = '<b title="x">&\'';
  expect(html`<p title="${name}">${name}</p>`.text).toBe(
    '<p title="&lt;b title=&quot;x&quot;&gt;&amp;&#39;">&lt;b title=&quot;x&quot;&gt;&amp;&#39;</p>',
  );
  const inner = html`<b>${1}</b>`;
  expect(html`${inner}, ${[inner, html`<i>${'<'}</i>`]}`.text).toBe('<b>1</b>, <b>1</b><i>&lt;</i>');
});

test('what could act, or be seen as something else, is told by its number', () => {
  expect(html`${'a\u0000\n\u202e'}`.text).toBe('a\\x00\\x0a\\u{202e}');
});
