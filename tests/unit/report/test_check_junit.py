from __future__ import annotations

from xml.etree import ElementTree as ET

import junitparser
import pytest
import xmlschema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from featsel.quality.policy import FailOn
from featsel.report.check_junit import junit
from featsel.report.table import visible

# What Jenkins, GitLab and Azure agree on: which elements there are, where, and what each must have.
XSD = """<?xml version="1.0"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:complexType name="outcome" mixed="true">
    <xs:attribute name="type" type="xs:string"/>
    <xs:attribute name="message" type="xs:string"/>
  </xs:complexType>
  <xs:complexType name="case">
    <xs:choice minOccurs="0">
      <xs:element name="skipped" type="outcome"/>
      <xs:element name="failure" type="outcome"/>
      <xs:element name="error" type="outcome"/>
    </xs:choice>
    <xs:attribute name="name" use="required"><xs:simpleType>
      <xs:restriction base="xs:string"><xs:minLength value="1"/></xs:restriction>
    </xs:simpleType></xs:attribute>
    <xs:attribute name="classname" type="xs:string" use="required"/>
    <xs:attribute name="time" type="xs:decimal"/>
  </xs:complexType>
  <xs:complexType name="suite">
    <xs:sequence>
      <xs:element name="testcase" type="case" minOccurs="0" maxOccurs="unbounded"/>
    </xs:sequence>
    <xs:attribute name="name" type="xs:string" use="required"/>
    <xs:attribute name="tests" type="xs:nonNegativeInteger" use="required"/>
    <xs:attribute name="failures" type="xs:nonNegativeInteger" use="required"/>
    <xs:attribute name="errors" type="xs:nonNegativeInteger" use="required"/>
    <xs:attribute name="skipped" type="xs:nonNegativeInteger"/>
    <xs:attribute name="time" type="xs:decimal"/>
    <xs:attribute name="timestamp" type="xs:dateTime"/>
  </xs:complexType>
  <xs:element name="testsuites">
    <xs:complexType>
      <xs:sequence><xs:element name="testsuite" type="suite" maxOccurs="unbounded"/></xs:sequence>
      <xs:attribute name="tests" type="xs:nonNegativeInteger"/>
      <xs:attribute name="failures" type="xs:nonNegativeInteger"/>
      <xs:attribute name="errors" type="xs:nonNegativeInteger"/>
      <xs:attribute name="time" type="xs:decimal"/>
    </xs:complexType>
    <xs:unique name="cases">
      <xs:selector xpath="testsuite/testcase"/><xs:field xpath="@classname"/><xs:field xpath="@name"/>
    </xs:unique>
  </xs:element>
</xs:schema>"""


@pytest.fixture(scope="module")
def schema():
    return xmlschema.XMLSchema(XSD)


def cases(text):
    """Test cases by class and name, with the tag and the message of their outcome."""
    found = {}
    for case in ET.fromstring(text).iter("testcase"):
        outcome = next(iter(case), None)
        key = case.get("classname").removeprefix("featsel."), case.get("name")
        found[key] = None if outcome is None else (outcome.tag, outcome.get("message"))
    return found


def test_each_check_is_a_case(mixed_report):
    assert cases(junit(mixed_report)) == {
        ("FS401", "site psi"): ("failure", "the distribution of its values moved, PSI 0.4125"),
        ("FS401", "device shift"): ("failure", "its numbers moved beyond measure"),
        ("FS403", "exchange"): (
            "skipped",
            "waived until 2026-12-31: partner migration ('adx' fell from 31 % to 0 % of the rows)",
        ),
        ("FS006", "log"): ("skipped", "warning: 91,805 rows are 2.5 times those of the reference"),
        ("FS401", "tags psi"): ("skipped", "info: the distribution of its values moved, PSI 0.4125"),
        ("FS401", "hour psi"): None,
        ("FS401", "day psi"): None,
        ("FS406", "log"): ("skipped", "no column with times was named (--time)"),
    }


def test_a_failure_tells_all_there_is(mixed_report):
    failure = ET.fromstring(junit(mixed_report)).find(".//failure")
    assert failure.get("type") == "FS401"
    assert failure.text.splitlines() == [
        "the distribution of its values moved, PSI 0.4125",
        "psi 0.4125, limit 0.25, chance 0.002",
        "values: 'ios', 'tv'; share: 0.25",
        "Look for a change of the pipeline on that day.",
    ]


@pytest.mark.parametrize(("fail_on", "n_failures"), [("never", 0), ("error", 2), ("warning", 3)])
def test_what_the_command_lets_pass_fails_no_case(mixed_report, fail_on, n_failures):
    text = junit(mixed_report, fail_on=FailOn(fail_on))
    assert text.count("<failure") == n_failures


@pytest.mark.parametrize("fail_on", list(FailOn))
def test_the_schema_accepts_it_and_counts_add_up(mixed_report, schema, fail_on):
    text = junit(mixed_report, fail_on=fail_on)
    schema.validate(text)
    suite = ET.fromstring(text).find("testsuite")
    for name, path in (("tests", "testcase"), ("failures", "*/failure"), ("skipped", "*/skipped")):
        assert int(suite.get(name)) == len(suite.findall(path))


def test_a_report_without_checks_is_a_suite_too(make_report, schema):
    schema.validate(junit(make_report([], title="")))


def test_junitparser_reads_it(mixed_report):
    (suite,) = junitparser.JUnitXml.fromstring(junit(mixed_report).encode())
    assert (suite.name, suite.tests, suite.failures, suite.skipped) == ("today.parquet", 8, 2, 4)
    assert [case.name for case in suite if case.is_failure] == ["site psi", "device shift"]
    assert sum(case.is_passed for case in suite) == 2


def test_junitparser_reads_hostile_text(hostile_report):
    (suite,) = junitparser.JUnitXml.fromstring(junit(hostile_report).encode())
    assert suite.tests == len(list(suite)) == len(hostile_report.findings)


def test_hostile_text_is_told_literally_as_far_as_xml_can(hostile_report, hostile, schema):
    text = junit(hostile_report)
    schema.validate(text)
    root = ET.fromstring(text.encode())
    shown = visible(hostile).replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")
    assert root.find(".//failure").get("message") == shown
    assert [child.tag for case in root.iter("testcase") for child in case].count("failure") == 3


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.none() | st.sampled_from(["", "log", "a", "a b", "a\n", "a\\n", "a (2)", "\ud800"]),
            st.sampled_from(["", "b", "psi"]),
        ),
        max_size=20,
    )
)
def test_names_are_unique_and_do_not_depend_on_the_order(make_finding, make_report, checks):
    found = [make_finding(field, measure=measure) for field, measure in checks]
    forward, backward = (list(cases(junit(make_report(each)))) for each in (found, found[::-1]))
    assert len(forward) == len(found)
    assert sorted(forward) == sorted(backward)


def test_a_field_keeps_its_name_whatever_was_measured(make_finding, make_report):
    log, named = make_finding(None, status="pass"), make_finding("log")
    first, second = cases(junit(make_report([named, log]))), cases(junit(make_report([log, named])))
    assert first == second == {("FS401", "log"): None, ("FS401", "log (2)"): ("failure", named.message)}
