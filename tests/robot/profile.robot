*** Settings ***
Documentation       A model on the embedded emulator: profiled once, held against bounds and against a baseline.
Library             OperatingSystem
Library             profiler.robot.ProfilerLibrary    board=nucleo_l4r5zi
Suite Setup         Profile Model    zoo:kws    inputs=1

*** Variables ***
${BASELINE}         ${OUTPUT DIR}${/}baseline.toml
${PROFILE}          ${OUTPUT DIR}${/}kws.json

*** Test Cases ***
Keyword Spotting Stays Within Its Budget
    Latency Should Be Below    100 ms
    Cycles Should Be Below    10 Mcycles
    RAM Should Be Below    32 KiB
    Flash Should Be Below    128 KiB
    Arena Should Be Below    24 KiB
    Stack Should Be Below    2 KiB
    Layer Should Take At Most    0    50%

Outputs Are Those Of The Reference
    Outputs Should Agree
    Agreement Should Be At Least    100%

A Bound That Is Too Tight Fails And Names The Layer
    ${error} =    Run Keyword And Expect Error    *    Latency Should Be Below    1 ms
    Should Match Regexp    ${error}    (?s)latency.*1\\.00 ms.*layer

A Bound Without A Unit Is Refused With An Example
    Run Keyword And Expect Error    *12 ms*    Latency Should Be Below    fifty

Nothing Is Worse Than The Agreed Figures
    Update Baseline    ${BASELINE}
    Should Not Be Worse Than Baseline    ${BASELINE}
    Should Not Be Worse Than Baseline    ${BASELINE}    max_latency_increase=2%    max_flash_increase=1 KiB

A Figure That Grew Fails
    Update Baseline    ${BASELINE}
    Profile Model    zoo:kws    inputs=1    optimize=SPEED
    Run Keyword And Expect Error    *flash*    Should Not Be Worse Than Baseline    ${BASELINE}    max_flash_increase=0%

A Saved Profile Is As Good As A Run
    Profile Model    zoo:kws    inputs=1
    Save Profile    ${PROFILE}
    Load Profile    ${PROFILE}
    Latency Should Be Below    100 ms

A Model That Does Not Fit Says What It Needs
    Run Keyword And Expect Error    *model needs*    Profile Model    zoo:vww_float32    board=nucleo_g0b1re
