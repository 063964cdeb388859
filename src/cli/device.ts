// Opens the device that `--device` means on this machine, and says what it is and why.
import type { Device } from '../index.js';
import { chooseDevice, type DeviceSettings } from '../open/choice.js';
import { machine } from '../open/node.js';
import { say } from './output.js';

/** Opens the device and says in one line what it is and why. */
export async function openChosen(settings: DeviceSettings): Promise<Device> {
  const chosen = await chooseDevice(machine, settings);
  const device = await chosen.open();
  if (chosen.tuned?.note) say(chosen.tuned.note);
  say(`device: ${device.info.description} (${chosen.why})`);
  return device;
}
