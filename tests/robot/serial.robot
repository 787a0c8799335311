*** Settings ***
Documentation       The firmware over its serial line, on an emulated board behind a real pseudo-terminal.
Library             profiler.robot.ProfilerLibrary    board=nucleo_g0b1re
Suite Setup         Start Board Simulator    zoo:ad
Suite Teardown      Close Serial Port

*** Test Cases ***
The Board Says Its Name
    Serial Answer Should Contain    name    m-name-dut-[nucleo_g0b1re]

The Build Is Told
    ${lines} =    Send Serial Command    build
    Should Match Regexp    ${lines}[0]    ^m-build-\\[[0-9a-f]+\\]$

A Command That Is None Is Refused
    Run Keyword And Expect Error    *Unknown command*    Send Serial Command    nonsense

What Was Said Is Kept
    ${said} =    Get Serial Output
    Should Contain    ${said}    m-name-dut-[nucleo_g0b1re]
