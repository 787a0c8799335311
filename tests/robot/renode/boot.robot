*** Settings ***
Documentation       For `renode-test`: every board's script boots the firmware of that board, which greets and answers.
...                 Variables: BOARD, ELF (its firmware, `profiler export --format firmware`), PLATFORMS (renode_platforms).
Suite Setup         Setup
Suite Teardown      Teardown
Test Teardown       Test Teardown
Resource            ${RENODEKEYWORDS}

*** Test Cases ***
The Firmware Greets And Says Its Name
    Execute Command    $elf=@${ELF}
    Execute Command    include @${PLATFORMS}/${BOARD}.resc
    Create Terminal Tester    sysbus.uart    timeout=60
    Start Emulation
    Wait For Line On Uart    m-init-done
    Wait For Line On Uart    m-ready
    Write To Uart    name%
    Wait For Line On Uart    m-name-dut-[${BOARD}]
    Wait For Line On Uart    m-ready
