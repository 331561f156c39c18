import assert from 'node:assert/strict';
import { deviceInWords } from '../../../src/core/words/device';
import { formatBytes, formatShare, formatTimeLeft } from '../../../src/core/words/quantities';

describe('a device in words', () => {
  const gpu = { backend: 'cuda', offloadedLayers: 19, totalLayers: 19, threads: 2 } as const;
  const cpu = { backend: 'cpu', names: [], offloadedLayers: 0, totalLayers: 19 } as const;

  it('says how many threads the CPU uses', () => {
    assert.equal(deviceInWords({ ...cpu, threads: 2 }), 'CPU, 2 threads');
    assert.equal(deviceInWords({ ...cpu, threads: 1 }), 'CPU, 1 thread');
  });

  it('names the GPU as its driver does, and the layers on it', () => {
    assert.equal(deviceInWords({ ...gpu, names: ['NVIDIA L4'] }), 'NVIDIA L4, 19 of 19 layers');
    assert.equal(
      deviceInWords({ ...gpu, names: ['NVIDIA L4', 'NVIDIA L4', 'Tesla T4'], offloadedLayers: 7 }),
      '2 × NVIDIA L4 + Tesla T4, 7 of 19 layers',
    );
  });

  it('names the interface where the driver names nothing', () => {
    assert.equal(deviceInWords({ ...gpu, backend: 'vulkan', names: [] }), 'Vulkan GPU, 19 of 19 layers');
  });
});

describe('quantities', () => {
  it('are bytes in decimal units, with one digit where it counts', () => {
    assert.deepEqual(
      [0, 999, 1000, 253_000_000, 999_600_000, 5_100_000_000, 23_400_000_000].map(formatBytes),
      ['0 bytes', '999 bytes', '1.0 kB', '253 MB', '1.0 GB', '5.1 GB', '23 GB'],
    );
  });

  it('are times left as coarse as they are uncertain', () => {
    assert.deepEqual([0, 39.2, 61, 3540, 7500].map(formatTimeLeft), [
      '1 s',
      '40 s',
      '2 min',
      '59 min',
      '2 h 5 min',
    ]);
  });

  it('reach 100% only when everything is done', () => {
    assert.deepEqual([0, 0.999, 1, 1.2].map(formatShare), ['0%', '99%', '100%', '100%']);
  });
});
