*** Settings ***
Documentation       Two precisions of a model on a dataset: compared once, then held against bounds of accuracy.
Library             profiler.robot.ProfilerLibrary    board=nucleo_l4r5zi
Suite Setup         Compare Precisions On Noise

*** Variables ***
${DATA}             ${OUTPUT DIR}${/}noise.npz
${INT8}             ${CURDIR}${/}..${/}..${/}zoo${/}ad_int8.tflite

*** Test Cases ***
Accuracy Is Held Against Bounds
    Accuracy Should Be Above    float32    1%
    Accuracy Should Be Above    int8    0.01    metric=accuracy-at-threshold
    Accuracy Loss Should Be Below    int8    90%
    No Slice Should Be Hurt    int8
    All Variants Should Agree

A Bound That Is Too Tight Fails With The Value
    Run Keyword And Expect Error    int8: roc-auc is *%*below 101%    Accuracy Should Be Above    int8    101%
    Run Keyword And Expect Error    int8: roc-auc changed by *pp*    Accuracy Loss Should Be Below    int8    -100%

What Cannot Be Told Is Refused
    Run Keyword And Expect Error    *variants: float32, int8*    Accuracy Should Be Above    int4    50%
    Run Keyword And Expect Error    *metrics: roc-auc*    Accuracy Should Be Above    int8    50%    metric=top-1
    Run Keyword And Expect Error    *there is no loss*    Accuracy Loss Should Be Below    float32    1%
    Run Keyword And Expect Error    *use Accuracy Should Be Above    Error Should Be Below    int8    1    metric=roc-auc

Bad Data Comes With What To Do
    Run Keyword And Expect Error    there is no dataset*hint:*    Compare Variants    zoo:ad    data=no_such.npz

*** Keywords ***
Compare Precisions On Noise
    Evaluate
    ...    numpy.savez(r'${DATA}', x=numpy.random.default_rng(0).normal(size=(24, 640)), y=numpy.arange(24) % 2)
    ...    modules=numpy
    Compare Variants    zoo:ad_float32    data=${DATA}    variants=float32,int8=${INT8}    target_samples=1
