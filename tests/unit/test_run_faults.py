"""Every way in which a firmware can fail ends in an error that says what happened, where, and in which layer."""

import os
import re
import signal
import struct
import subprocess
import threading

import pytest

from profiler.errors import FirmwareFault, LimitExceeded, RunError
from profiler.run.unicorn_runner import UnicornRunner
from tests.bare.firmware import MONITOR, board, build

INPUTS = [[bytes([1, 2, 3, 4])]]


def run(folder, target, code, **options):
    """Runs the monitor with `code` at the end of model_invoke."""
    firmware = build(folder, target, source=MONITOR, defines=(f"MISBEHAVIOR={code}",))
    return UnicornRunner(**options).run(firmware, target, INPUTS)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("REG(0x90000000u)=1", "4-byte write at 0x90000000, where the board has nothing"),
        ("(void)REG(0x30000008u)", "4-byte read at 0x30000008, where the board has nothing"),
        ("REG(0x08000100u)=1", "4-byte write at 0x08000100, which is flash"),
        ("((void(*)(void))0x60000001u)()", "jumped to 0x60000000, where there is no code memory"),
        ("((void(*)(void))0x40000001u)()", "jumped to 0x40000000, where there is no code memory"),
        ("__builtin_trap()", "executed an instruction that this core does not have"),
        ('__asm volatile("bkpt 0")', "raised a breakpoint"),
        ('__asm volatile("svc 0")', "raised SVC"),
        ("REG(0xE000ED0Cu)=0x05FA0004u", "the firmware reset itself"),
    ],
)
def test_a_fault_names_its_cause_its_function_its_line_and_the_registers(tmp_path, code, message):
    with pytest.raises(FirmwareFault, match=message) as caught:
        run(tmp_path, board(), code)
    assert re.search(r"in model_invoke \(0x0800[0-9A-F]{4}\) at monitor\.c:\d+, between layers\n", caught.value.message)
    assert "sp=" in caught.value.message


def test_a_fault_is_told_to_the_instruction(tmp_path):
    code = '__asm volatile("movs r0,#0\\n movs r1,#9\\n lsls r1,r1,#28\\n the_store: str r0,[r1]\\n nop":::"r0","r1")'
    firmware = build(tmp_path, board(), source=MONITOR, defines=(f"MISBEHAVIOR={code}",))
    expected = rf"write at 0x90000000.* in model_invoke \(0x{firmware.symbol_address('the_store'):08X}\)"
    with pytest.raises(FirmwareFault, match=expected):
        UnicornRunner().run(firmware, board(), INPUTS)


def test_floating_point_before_the_fpu_is_enabled_is_a_fault(tmp_path):
    code = 'REG(0xE000ED88u)=0;__asm volatile("vmov.f32 s0, #1.0":::"s0")'
    with pytest.raises(FirmwareFault, match="before it enabled the FPU in model_invoke"):
        run(tmp_path, board("cortex-m4"), code)


EXTENSIONS = (
    "vmov.f32 s0, #1.0",
    "smlad r0, r0, r1, r0",
    "smlabb r0, r0, r1, r0",
    "smmul r0, r0, r1",
    "smlald r0, r1, r2, r3",
    "umaal r0, r1, r2, r3",
    "sxtb16 r0, r1",
    "sxtab r0, r1, r2",
    "uqadd8 r0, r1, r2",
    "qadd r0, r1, r2",
    "sel r0, r1, r2",
    "pkhbt r0, r1, r2",
    "ssat16 r0, #4, r1",
    "usad8 r0, r1, r2",
)
BASE = (
    *("mul r0, r0, r1", "mla r0, r1, r2, r3", "mls r0, r1, r2, r3", "smull r0, r1, r2, r3", "umlal r0, r1, r2, r3"),
    *("smlal r0, r1, r2, r3", "umull r0, r1, r2, r3", "sdiv r0, r1, r2", "udiv r0, r1, r2", "clz r0, r1"),
    *("rbit r0, r1", "rev.w r0, r1", "sxtb.w r8, r1, ror #8", "uxth.w r8, r1, ror #16", "ssat r0, #8, r1"),
    *("usat r0, #8, r1, asr #1", "ubfx r0, r1, #3, #4", "bfi r0, r1, #3, #4", "lsl.w r0, r1, r2", "eor.w r0, r1, r2"),
)


def encoding_of(folder, instruction):
    """`.short` words, so that the assembler lets them through for any core."""
    source = folder / "one.s"
    source.write_text(f".syntax unified\n.cpu cortex-m4\n.fpu fpv4-sp-d16\n.thumb\n{instruction}\n")
    folder_object, binary = folder / "one.o", folder / "one.bin"
    subprocess.run(["arm-none-eabi-as", str(source), "-o", str(folder_object)], check=True)
    subprocess.run(["arm-none-eabi-objcopy", "-O", "binary", str(folder_object), str(binary)], check=True)
    return ".short " + ",".join(f"0x{half:04x}" for (half,) in struct.iter_unpack("<H", binary.read_bytes()))


@pytest.mark.parametrize("instruction", EXTENSIONS)
def test_extensions_of_other_cores_are_instructions_the_core_does_not_have(tmp_path, instruction):
    code = f'__asm volatile("{encoding_of(tmp_path, instruction)}":::"r0","r1")'
    with pytest.raises(FirmwareFault, match="instruction that this core does not have in model_invoke"):
        run(tmp_path / "m3", board("cortex-m3"), code)
    assert run(tmp_path / "m4", board("cortex-m4"), code).outputs


def test_the_cores_own_instructions_are_not_taken_for_extensions(tmp_path):
    words = "\\n ".join(encoding_of(tmp_path, instruction) for instruction in BASE)
    assert run(tmp_path, board("cortex-m3"), f'__asm volatile("{words}":::"r0","r1","r8")').outputs


def test_a_peripheral_that_the_board_file_does_not_list_is_named_as_such(tmp_path):
    with pytest.raises(FirmwareFault, match="4-byte write at 0x50000010, where the board has nothing") as caught:
        run(tmp_path, board(), "REG(0x50000010u)=1")
    assert "[[peripherals]]" in str(caught.value.hint)


def test_floating_point_after_the_fpu_is_enabled_runs(tmp_path):
    assert run(tmp_path, board("cortex-m4"), '__asm volatile("vmov.f32 s0, #1.0":::"s0")').outputs


# LDRD needs a word-aligned address on every core; LDR does not where the core allows unaligned accesses.
_LOAD_PAIR = '__asm volatile("ldr r0,=0x20000102\\n ldrd r2,r3,[r0]":::"r0","r2","r3")'
_LOAD_WORD = '__asm volatile("ldr r0,=0x20000102\\n ldr r2,[r0]":::"r0","r2")'


def test_an_unaligned_pair_load_is_a_fault_even_where_single_loads_may_be_unaligned(tmp_path):
    target = board("cortex-m4", flash_wait_cycles=1)
    with pytest.raises(FirmwareFault, match="unaligned 4-byte read at 0x20000102 in model_invoke"):
        run(tmp_path / "pair", target, _LOAD_PAIR)
    assert run(tmp_path / "word", target, _LOAD_WORD).outputs


# Each loads from 0x20000102 what may be unaligned while R0, the base of a later LDRD, holds that address too.
_LOADS_BESIDE_A_PAIR = (
    "ldr r2,[r0]",
    "ldr.w r2,[r0]",
    "movs r1,#8\\n subs r3,r0,r1\\n ldr r2,[r3,r1]",
    "movs r1,#2\\n sub r3,r0,#8\\n ldr r2,[r3,r1,lsl #2]",
    "subs r3,r0,#4\\n ldr r2,[r3,#4]!",
    "adds r3,r0,#4\\n ldr r2,[r3,#-4]",
    "mov r3,r0\\n ldr r2,[r3],#4",
    "ldr r1,[r0]\\n str r1,[r0]",
)


@pytest.mark.parametrize("load", _LOADS_BESIDE_A_PAIR)
def test_an_unaligned_word_is_not_taken_for_a_pair_that_its_base_register_serves_later(tmp_path, load):
    text = f"ldr r0,=0x20000102\\n {load}\\n subs r0,#2\\n ldrd r2,r3,[r0]"
    code = f'__asm volatile("{text}":::"r0","r1","r2","r3")'
    assert run(tmp_path, board("cortex-m4", flash_wait_cycles=1), code).outputs


def test_any_unaligned_load_is_a_fault_on_armv6m(tmp_path):
    with pytest.raises(FirmwareFault, match="unaligned 4-byte read at 0x20000102 in model_invoke"):
        run(tmp_path, board("cortex-m0plus"), _LOAD_WORD)


# udiv r0, r0, r1 · cbz r0, +0 · it eq; nop, as words so that the assembler lets them through.
@pytest.mark.parametrize("encoding", [".short 0xfbb0, 0xf0f1", ".short 0xb100", ".short 0xbf08, 0xbf00"])
def test_armv7m_instructions_are_a_fault_on_armv6m(tmp_path, encoding):
    code = f'__asm volatile("{encoding}":::"r0")'
    with pytest.raises(FirmwareFault, match="instruction that this core does not have in model_invoke"):
        run(tmp_path / "v6", board("cortex-m0plus"), code)
    assert run(tmp_path / "v7", board("cortex-m3"), code).outputs


def test_armv6m_keeps_its_own_wide_instructions(tmp_path):
    code = '__asm volatile("mrs r0,primask\\n msr primask,r0\\n dmb\\n dsb\\n isb":::"r0")'
    assert run(tmp_path, board("cortex-m0plus"), code).outputs


def test_a_stack_that_grows_past_its_limit_is_a_fault(tmp_path):
    code = '__asm volatile("sub sp,#0x1400\\n bl layer_01_offset\\n add sp,#0x1400":::"lr","r0","r1","r2","r3","r12")'
    with pytest.raises(FirmwareFault, match="the stack overflowed: the stack pointer went down to 0x2000E"):
        run(tmp_path, board("cortex-m3"), code)


def test_an_endless_loop_meets_the_instruction_limit_at_its_line(tmp_path):
    with pytest.raises(LimitExceeded, match=r"limit of 100,00\d instructions in model_invoke .* at monitor\.c:\d+"):
        run(tmp_path, board(), 'for(;;)__asm volatile("")', instruction_limit=100_000)


def test_the_wall_clock_limit_ends_a_run(tmp_path):
    seconds = iter(range(0, 10_000, 60))
    with pytest.raises(LimitExceeded, match="wall-clock limit"):
        run(tmp_path, board(), 'for(;;)__asm volatile("")', clock=lambda: float(next(seconds)))


def test_an_interrupt_from_the_keyboard_ends_a_run(tmp_path):
    def interrupt(_instructions):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, board(), 'for(;;)__asm volatile("")', progress=interrupt)


def test_an_interrupt_while_native_code_runs_ends_a_run(tmp_path):
    firmware = build(tmp_path, board(), source=MONITOR, defines=('MISBEHAVIOR=for(;;)__asm volatile("")',))
    soon = threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT))
    soon.start()
    with pytest.raises(KeyboardInterrupt):
        UnicornRunner(wall_limit_seconds=20).run(firmware, board(), INPUTS)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_core_that_sleeps_for_ever_is_an_error(tmp_path):
    with pytest.raises(RunError, match="went to sleep"):
        run(tmp_path, board(), '__asm volatile("wfi")')


def test_a_firmware_without_prompt_is_reported_with_what_it_said(tmp_path):
    target = board()
    firmware = build(tmp_path, target, source=MONITOR, defines=("SILENT",))
    with pytest.raises(RunError, match=r"stopped answering on UART after 0 of \d+ bytes.*m-init-done"):
        UnicornRunner().run(firmware, target, INPUTS)


def test_state_kept_between_inferences_is_reported(tmp_path):
    target = board()
    firmware = build(tmp_path, target, source=MONITOR, defines=("LEAKS_STATE",))
    with pytest.raises(RunError, match="different outputs for the same input"):
        UnicornRunner().run(firmware, target, INPUTS)
