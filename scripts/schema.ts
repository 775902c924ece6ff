import { mkdirSync, writeFileSync } from 'node:fs';
import { jsonSchemas } from '../src/config/json-schema.ts';

// Writes schema/*.json, which editors use to complete and check configuration files.
const folder = new URL('../schema/', import.meta.url);
mkdirSync(folder, { recursive: true });
for (const [name, content] of Object.entries(jsonSchemas())) writeFileSync(new URL(name, folder), content);
