// Opens the device that `--device` means on this machine, and says what it is and why.
import type { Device, DeviceChoice } from '../index.js';
import { chooseDevice } from '../open/choice.js';
import { machine } from '../open/node.js';
import { say } from './output.js';

/** Opens the device and says in one line what it is and why. */
export async function openChosen(choice: DeviceChoice): Promise<Device> {
  const chosen = await chooseDevice(machine, choice);
  const device = await chosen.open();
  say(`device: ${device.info.description} (${chosen.why})`);
  return device;
}
