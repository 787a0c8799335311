*** Settings ***
Documentation       For `renode-test`: the firmware's output for an input, both in hexadecimal (INPUT, OUTPUT).
Suite Setup         Setup
Suite Teardown      Teardown
Test Teardown       Test Teardown
Resource            ${RENODEKEYWORDS}
Resource            machine.resource

*** Variables ***
${STEP}             ${64}    # digits of one `db`: a command has at most 80 characters

*** Test Cases ***
An Inference Gives The Expected Output
    Boot The Board
    ${digits}=    Get Length    ${INPUT}
    ${bytes}=    Evaluate    ${digits} // 2
    Ask    db load ${bytes}    m-[Expecting ${bytes} bytes]
    FOR    ${start}    IN RANGE    0    ${digits}    ${STEP}
        Write To Uart    db ${INPUT}[${start}:${start + ${STEP}}]%
        Wait For Line On Uart    m-ready
    END
    Ask    infer 1 0    m-infer-done
    Ask    output 0    m-output-0-[${OUTPUT}]
