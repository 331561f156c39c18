/**
 * GPU offload without a GPU: Mesa's software Vulkan driver takes the layers. It compiles shaders for minutes, so this
 * is one text; the numbers of a GPU are never those of a CPU to the last bit, but they must mean the same.
 */
import assert from 'node:assert/strict';
import { BUILTIN_CLASSIFIERS } from '../../src/core/classifier/builtin';
import { cpu, scoreAll, startEngine } from '../support/engine';

describe('layers on a Vulkan device', () => {
  before(() => {
    // The library leaves software devices out unless one is named.
    process.env.GGML_VK_VISIBLE_DEVICES = '0';
  });
  after(() => {
    delete process.env.GGML_VK_VISIBLE_DEVICES;
  });

  it('are reported by device name and number, and score as the CPU does', async () => {
    const [sentiment] = BUILTIN_CLASSIFIERS;
    assert.ok(sentiment);
    const gpu = await startEngine(
      { ...cpu(), gpu: 'vulkan', gpuLayers: 19 },
      { gpuDeadlineMs: 600_000, textTimeoutMs: 1_200_000 },
    );
    const reference = await startEngine(cpu());
    try {
      const { device } = await gpu.load();
      console.log(
        `    ${device.names.join(', ')}: ${device.offloadedLayers} of ${device.totalLayers} layers`,
      );
      assert.equal(device.backend, 'vulkan');
      assert.match(device.names.join(), /llvmpipe/i);
      assert.equal(device.offloadedLayers, device.totalLayers);
      assert.equal(device.fallback, undefined);
      const started = performance.now();
      const [onGpu] = await scoreAll(gpu, sentiment, ['I love this movie!']);
      console.log(`    one text in ${Math.round((performance.now() - started) / 1000)} s`);
      const [onCpu] = await scoreAll(reference, sentiment, ['I love this movie!']);
      assert.ok(onGpu && onCpu);
      const distance = Math.abs(onGpu.confidence - onCpu.confidence);
      console.log(`    distance to the CPU: ${distance.toFixed(4)}`);
      assert.equal(onGpu.label, onCpu.label);
      assert.ok(distance < 0.1);
    } finally {
      await gpu.dispose();
      await reference.dispose();
    }
  });
});
