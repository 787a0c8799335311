// Second-stage boot loader of the RP2040, own minimal form. The boot ROM copies the first 256 bytes of flash to the end
// of SRAM, checks their CRC and calls them (RP2040 datasheet 2.8.1, boot sequence). This code sets the SSI up for reads
// in place with the serial command 03h, which every flash chip knows, and enters the image at its vector table.
// make_boot2.py turns it into ../boot2.S; it is not compiled with the firmware.
//
// SSI registers (RP2040 datasheet 4.10.13), base 0x18000000: CTRLR0 +0x00, CTRLR1 +0x04, SSIENR +0x08, BAUDR +0x14,
// SPI_CTRLR0 +0xF4.
  .syntax unified
  .cpu cortex-m0plus
  .thumb
  .section .text
  .global boot2
  .thumb_func
boot2:
  ldr r3, =0x18000000
  movs r1, #0
  str r1, [r3, #0x08]     // SSIENR = 0: the other registers are writable
  movs r1, #4
  str r1, [r3, #0x14]     // BAUDR: 133 MHz / 4 = 33 MHz; 03h is good for 50 MHz (W25Q16JV datasheet)
  ldr r1, =0x001F0300     // CTRLR0: SPI_FRF = one bit, DFS_32 = 31, TMOD = 3 (send command and address, then read)
  str r1, [r3, #0x00]
  ldr r1, =0x03000218     // SPI_CTRLR0: XIP_CMD = 03h, INST_L = 2 (8 bits), ADDR_L = 6 (24 bits), TRANS_TYPE = 0
  ldr r2, =0x180000F4
  str r1, [r2]
  movs r1, #0
  str r1, [r3, #0x04]     // CTRLR1: one frame of 32 bits a read
  movs r1, #1
  str r1, [r3, #0x08]     // SSIENR = 1
  ldr r0, =0x10000100     // the image: vector table right behind these 256 bytes
  ldr r1, =0xE000ED08     // VTOR (Armv6-M ARM B3.2.5)
  str r0, [r1]
  ldr r1, [r0, #0]
  msr msp, r1
  ldr r1, [r0, #4]
  bx r1
  .ltorg
