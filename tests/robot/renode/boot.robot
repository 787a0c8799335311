*** Settings ***
Documentation       For `renode-test`: every board's script boots the firmware of that board, which greets and answers.
Suite Setup         Setup
Suite Teardown      Teardown
Test Teardown       Test Teardown
Resource            ${RENODEKEYWORDS}
Resource            machine.resource

*** Test Cases ***
The Firmware Greets And Says Its Name
    Boot The Board
    Ask    name    m-name-dut-[${BOARD}]

An Unknown Command Is Refused And The Next One Answered
    Boot The Board
    Ask    nonsense    e-[Unknown command: nonsense]
    Ask    name    m-name-dut-[${BOARD}]
