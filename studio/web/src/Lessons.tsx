/** Lessons. */
import { hello } from "./state";
import { say } from "./words";

export function openLesson(_number: number): void {}

export function LessonStrip() {
  return <nav aria-label={say.lessons}>{hello.value?.lessons?.length ?? 0}</nav>;
}

export function LessonPanel() {
  return null;
}
